"""The e-mails of the sample shop, in MJML with Liquid."""

from __future__ import annotations

_HEAD = """<mjml>
  <mj-head>
    <mj-preview>{preview}</mj-preview>
    <mj-attributes>
      <mj-all font-family="Georgia, serif" />
      <mj-text font-size="16px" line-height="26px" color="#22302b" />
      <mj-button background-color="#345c4f" border-radius="24px" font-size="16px" inner-padding="12px 28px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#fbf9f3">
    <mj-section padding="28px 0 8px">
      <mj-column>
        <mj-text align="center" font-size="26px" color="#345c4f">Tiệm Mây</mj-text>
        <mj-text align="center" font-size="13px" color="#64726c" padding-top="0">Trà, cà phê và gốm làm tay</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" border-radius="14px" padding="28px 16px">
      <mj-column>
"""
_FOOT = """      </mj-column>
    </mj-section>
    <mj-section padding="16px 0">
      <mj-column>
        <mj-text align="center" font-size="12px" line-height="18px" color="#64726c">
          Bạn nhận được thư này vì đã để lại e-mail tại Tiệm Mây.
          <a href="{{ unsubscribe_url }}" style="color:#64726c">Từ chối nhận tin</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def _letter(preview: str, body: str) -> str:
    return _HEAD.replace("{preview}", preview) + body + _FOOT


def letters(shop_url: str) -> dict[str, tuple[str, str, str]]:
    """Key → (name, subject, MJML). Links lead to the storefront."""
    made = {
        "welcome": (
            "Thư chào thành viên",
            "Chào {{ person.name | default: 'bạn' }}, ấm trà đầu tiên mời bạn",
            _letter(
                "Một lời chào và một ấm trà.",
                """        <mj-text>Chào {{ person.name | default: "bạn" }},</mj-text>
        <mj-text>Cảm ơn bạn đã ghé Tiệm Mây. Ở đây có trà của những cây cổ thụ trên núi cao, cà phê rang từng mẻ nhỏ
        và đồ gốm mà mỗi chiếc mang một dấu tay khác nhau.</mj-text>
        <mj-text>Nếu chưa biết bắt đầu từ đâu, hãy thử một ấm shan tuyết.</mj-text>
        <mj-button href="SHOP/p/TR-01">Xem trà shan tuyết</mj-button>
""",
            ),
        ),
        "reminder": (
            "Nhắc giỏ hàng",
            "{{ person.cart_item | default: 'Giỏ hàng của bạn' }} vẫn đang đợi",
            _letter(
                "Giỏ hàng vẫn còn nguyên.",
                """        <mj-text>{{ person.name | default: "Bạn" }} ơi,</mj-text>
        <mj-text>Hình như bạn vừa rời đi khi giỏ hàng còn dở.
        {% if person.cart_item %}<b>{{ person.cart_item }}</b> vẫn được giữ cho bạn.
        {% else %}Chúng mình vẫn giữ hàng cho bạn.{% endif %}</mj-text>
        <mj-button href="SHOP/cart">Quay lại giỏ hàng</mj-button>
""",
            ),
        ),
        "offer": (
            "Giỏ hàng: miễn phí giao hàng",
            "Giao hàng miễn phí cho giỏ hàng còn dở",
            _letter(
                "Mã GIAOMAY có hiệu lực trong hôm nay.",
                """        <mj-text>{{ person.name | default: "Bạn" }} ơi,</mj-text>
        <mj-text>Đường xa không phải là vấn đề: nhập mã <b>GIAOMAY</b> khi thanh toán trong hôm nay,
        chúng mình giao tận nhà miễn phí.</mj-text>
        <mj-button href="SHOP/checkout">Thanh toán</mj-button>
""",
            ),
        ),
        "tour": (
            "Ba cách pha trà",
            "Ba cách pha trà cho ngày bận rộn",
            _letter(
                "Nước nóng, nước lạnh, và nước đá.",
                """        <mj-text>{{ person.name | default: "Bạn" }} thân mến,</mj-text>
        <mj-text>Không có ấm vẫn pha được trà ngon: ủ lạnh qua đêm trong bình, hãm ba phút trong cốc,
        hoặc rót trà nóng lên đầy một ly đá.</mj-text>
        <mj-button href="SHOP/p/GM-08">Bình ủ trà lạnh</mj-button>
""",
            ),
        ),
    }
    return {key: (name, subject, body.replace("SHOP", shop_url)) for key, (name, subject, body) in made.items()}
