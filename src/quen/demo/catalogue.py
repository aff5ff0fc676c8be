"""What the sample shop sells. Prices in đồng. Drawings are made of simple shapes by `drawing.py`."""

from __future__ import annotations

import msgspec

SHOP = "Tiệm Mây"
TAGLINE = {"vi": "Trà, cà phê và gốm làm tay", "en": "Tea, coffee and handmade ceramics"}


class Product(msgspec.Struct, frozen=True):
    id: str
    name: str
    name_en: str
    category: str  # tra, ca-phe, gom, qua
    price: int
    shape: str
    colours: tuple[str, str]  # of the thing and of what is behind it
    text: str
    text_en: str


CATEGORIES = {
    "tra": ("Trà", "Tea"),
    "ca-phe": ("Cà phê", "Coffee"),
    "gom": ("Gốm", "Ceramics"),
    "qua": ("Quà tặng", "Gifts"),
}
PRODUCTS = tuple(
    Product(*row)
    for row in (
        ("TR-01", "Trà shan tuyết Hà Giang", "Hà Giang snow shan tea", "tra", 245_000, "pouch", ("#5f7f5b", "#e7efe2"),
         "Búp trà cổ thụ phủ lông trắng, vị ngọt về sau.", "Downy buds of old trees; sweet long after the sip."),
        ("TR-02", "Trà ướp sen Tây Hồ", "West Lake lotus tea", "tra", 690_000, "tin", ("#c98aa0", "#f7e9ee"),
         "Mỗi ấm trà ủ trong một bông sen sáng sớm.", "Every pot has slept in a lotus picked at dawn."),
        ("TR-03", "Ô long Bảo Lộc", "Bảo Lộc oolong", "tra", 185_000, "pouch", ("#8c7a3f", "#f1ecd9"),
         "Sao nhẹ, thơm hoa lan.", "Lightly roasted, with an orchid nose."),
        ("TR-04", "Hồng trà Tà Xùa", "Tà Xùa black tea", "tra", 220_000, "tin", ("#9c4a32", "#f6e4dc"),
         "Đậm, ấm, hợp ngày mưa.", "Deep and warm, for rainy days."),
        ("TR-05", "Trà gạo rang Điện Biên", "Điện Biên roasted-rice tea", "tra", 145_000, "pouch", ("#b98d4f", "#f7eddc"),
         "Trà xanh và gạo nương rang giòn.", "Green tea with crisp upland rice."),
        ("TR-06", "Trà hoa cúc Hưng Yên", "Hưng Yên chrysanthemum tea", "tra", 120_000, "jar", ("#d9a63a", "#fbf1d6"),
         "Hoa tiến vua, uống trước giờ ngủ.", "The king's flower; a cup before sleep."),
        ("CF-01", "Cà phê Cầu Đất nguyên hạt", "Cầu Đất arabica, whole bean", "ca-phe", 210_000, "bag", ("#6b4a34", "#efe4da"),
         "Arabica 1.500 m, hậu vị cam và mật mía.", "Arabica from 1,500 m: orange and cane honey."),
        ("CF-02", "Cà phê phin Buôn Hồ", "Buôn Hồ phin coffee", "ca-phe", 135_000, "bag", ("#3f2d24", "#eadfd6"),
         "Robusta rang mộc, đậm mà không gắt.", "Honest robusta: strong without the bite."),
        ("CF-03", "Cà phê trứng pha sẵn", "Egg coffee, ready to whisk", "ca-phe", 98_000, "box", ("#c79a4b", "#fbf0da"),
         "Đánh bông ba phút là có quán Hà Nội tại nhà.", "Three minutes of whisking and you are in Hà Nội."),
        ("CF-04", "Phin nhôm Tiệm Mây", "Tiệm Mây aluminium phin", "ca-phe", 85_000, "phin", ("#9aa3a8", "#e9edef"),
         "Lỗ đều, nhỏ giọt năm phút.", "Even holes; five minutes of drops."),
        ("CF-05", "Hũ sữa đặc làm tay", "Small-batch condensed milk", "ca-phe", 65_000, "jar", ("#e9d9b6", "#faf5e8"),
         "Nấu từ sữa tươi Ba Vì.", "Cooked from Ba Vì fresh milk."),
        ("GM-01", "Ấm tử sa Mây Sớm", "Morning Cloud teapot", "gom", 1_150_000, "teapot", ("#8a4f3d", "#f2e2da"),
         "Đất đỏ Phù Lãng, dáng tròn, rót không nhỏ giọt.", "Phù Lãng red clay; round; pours without a drop astray."),
        ("GM-02", "Ấm men tro", "Ash-glaze teapot", "gom", 890_000, "teapot", ("#6f7d78", "#e4ebe8"),
         "Men tro bếp, mỗi chiếc một màu.", "Kitchen-ash glaze; no two alike."),
        ("GM-03", "Chén mây (bộ 4)", "Cloud cups, set of four", "gom", 420_000, "cups", ("#4f6f8f", "#e1e9f1"),
         "Vẽ tay nét mây lam.", "Blue clouds painted by hand."),
        ("GM-04", "Cốc cà phê men ngọc", "Celadon coffee mug", "gom", 265_000, "mug", ("#7fae9b", "#e4f1eb"),
         "Cầm vừa tay, giữ nóng lâu.", "Fits the hand, keeps the heat."),
        ("GM-05", "Bát cơm Bát Tràng (bộ 6)", "Bát Tràng rice bowls, set of six", "gom", 540_000, "bowl", ("#51688c", "#e3e8f2"),
         "Men trắng, viền lam, dùng hằng ngày.", "White glaze, blue rim, for every day."),
        ("GM-06", "Lọ cắm một cành", "Single-stem vase", "gom", 310_000, "vase", ("#a9765b", "#f4e8e0"),
         "Cho một cành là đủ.", "One branch is enough."),
        ("GM-07", "Đĩa lót Lá Bàng", "Almond-leaf saucer", "gom", 95_000, "plate", ("#9a5a3c", "#f3e5dc"),
         "In lá bàng thật mùa rụng.", "Pressed from a real autumn leaf."),
        ("GM-08", "Bình trà lạnh", "Cold-brew jug", "gom", 385_000, "jug", ("#6c93a8", "#e3eef3"),
         "Thủy tinh thổi tay, nắp gỗ.", "Hand-blown, with a wooden lid."),
        ("QT-01", "Hộp quà Sương Sớm", "Early Mist gift box", "qua", 750_000, "gift", ("#7a8f6b", "#e9f0e3"),
         "Trà shan tuyết, hai chén mây và một tấm thiệp viết tay.", "Snow shan tea, two cloud cups, a handwritten card."),
        ("QT-02", "Hộp quà Trung Thu", "Mid-Autumn gift box", "qua", 980_000, "gift", ("#b5533c", "#f8e3dc"),
         "Trà sen, bánh và đèn giấy.", "Lotus tea, cakes and a paper lantern."),
        ("QT-03", "Thẻ quà 500.000đ", "Gift card 500,000đ", "qua", 500_000, "card", ("#5e7699", "#e2e8f1"),
         "Để người nhận tự chọn.", "Let them choose."),
        ("QT-04", "Sổ tay giấy dó", "Dó-paper notebook", "qua", 160_000, "book", ("#a08a63", "#f3ecdd"),
         "Khâu gáy tay, 120 trang.", "Hand-stitched, 120 pages."),
        ("QT-05", "Nến sáp ong hương quế", "Cinnamon beeswax candle", "qua", 190_000, "candle", ("#d1a24c", "#faefd9"),
         "Cháy 30 giờ, thơm nhẹ.", "Thirty hours of quiet scent."),
    )
)  # fmt: skip
BY_ID = {product.id: product for product in PRODUCTS}


def line_of(product: Product, quantity: int) -> dict[str, object]:
    """A line of `products[]`, as events of the e-commerce spec have it."""
    return {
        "product_id": product.id,
        "name": product.name,
        "category": CATEGORIES[product.category][0],
        "price": product.price,
        "quantity": quantity,
    }
