"""The pages of segments and static lists."""
