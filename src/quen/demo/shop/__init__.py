"""The storefront and the mailbox: what a customer of the sample shop sees, on an address of its own."""
