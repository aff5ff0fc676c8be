"""Names, streets and towns of the sample shop's customers: common ones, combined by chance, of nobody in particular."""

from __future__ import annotations


def _weighted(text: str) -> tuple[tuple[str, int], ...]:
    """`Name 3, Other name 1` → (('Name', 3), ('Other name', 1))."""
    return tuple((name, int(weight)) for name, _, weight in (part.rpartition(" ") for part in _words(text)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(","))


FAMILY = _weighted(
    """
    Nguyễn 32, Trần 11, Lê 10, Phạm 7, Hoàng 4, Huỳnh 3, Phan 4, Vũ 3, Võ 3, Đặng 3, Bùi 3, Đỗ 2, Hồ 2,
    Ngô 2, Dương 2, Lý 1, Đinh 1, Mai 1, Tạ 1, Cao 1
    """
)
MIDDLE = {
    "female": _words(
        """
        Thị, Thị, Ngọc, Thu, Minh, Thanh, Khánh, Bảo, Hoài, Diệu, Phương, Kim
        """
    ),
    "male": _words(
        """
        Văn, Văn, Đức, Minh, Quốc, Hữu, Thanh, Gia, Tuấn, Công, Xuân, Bá
        """
    ),
}
GIVEN = {
    "female": _words(
        """
        Lan, Hương, Mai, Hà, Linh, Trang, Ngân, Thảo, Hòa, Thúy, Yến, Vy, Hạnh, Nhung, Quỳnh, Oanh, Giang,
        Châu, My, Diễm, Tuyết, Loan, Nga, Ánh, Thư, Trâm, Duyên, Hoài
        """
    ),
    "male": _words(
        """
        Anh, Tuấn, Hùng, Dũng, Nam, Sơn, Long, Phúc, Khoa, Hải, Đạt, Kiên, Bình, Tâm, Thắng, Quân, Huy,
        Việt, Trung, Khang, Lộc, Phong, Tiến, Vinh, Nhân, Toàn, Đông, Hòa
        """
    ),
}
TOWNS = _weighted(
    """
    Hồ Chí Minh 34, Hà Nội 27, Đà Nẵng 8, Hải Phòng 6, Cần Thơ 6, Huế 4, Lâm Đồng 4, Khánh Hòa 3, Đồng
    Nai 4, Nghệ An 2, Quảng Ninh 2
    """
)
STREETS = _words(
    """
    ngõ Giếng Mật, đường Hàng Sấu, phố Bến Trà, đường Cây Me, hẻm Vườn Chuối, phố Lò Gốm Cũ, đường Hoa
    Sữa, đường Bờ Kè, ngách Ao Sen, đường Đồi Thông, phố Chợ Sớm, đường Rặng Dừa, đường Gió Mùa, phố Cầu
    Mây
    """
)
# Reserved names (RFC 2606): no mail of the sample shop can ever reach a real person.
MAIL_HOSTS = _weighted(
    """
    hopthu.example 62, thuviet.example 20, congty.example 12, mail.example 6
    """
)
PREFIXES = _words(
    """
    032, 033, 034, 035, 036, 037, 038, 039, 070, 076, 077, 078, 079, 081, 082, 083, 084, 085, 086, 088,
    089, 090, 091, 093, 094, 096, 097, 098, 056, 058
    """
)
# What eleven-digit number each was before 2018.
OLD_PREFIX = dict(
    pair.split()
    for pair in _words(
        """
        032 0162, 033 0163, 034 0164, 035 0165, 036 0166, 037 0167, 038 0168, 039 0169, 070 0120, 079 0121,
        077 0122, 076 0126, 078 0128, 083 0123, 084 0124, 085 0125, 081 0127, 082 0129, 056 0186, 058 0188
        """
    )
)
