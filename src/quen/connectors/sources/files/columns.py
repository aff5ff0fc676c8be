"""Which column means what: the names that Vietnamese and English shop systems give them."""

from __future__ import annotations

import re

from quen.cleaning import fold

# Kind → field → names, folded and without anything but letters and digits.
KNOWN: dict[str, dict[str, str]] = {
    "orders": {
        "order_id": "orderid invoiceno invoicenumber invoice invoiceid ordernumber orderno billno receiptno "
        "madonhang madon madh mahoadon mahd sohoadon sohd hoadon sodonhang donhang maphieu",
        "time": "invoicedate orderdate orderedat createdat date datetime time timestamp purchasedate "
        "ngay ngaydat ngaydathang ngaymua ngaymuahang ngayhoadon ngayban thoigian thoigiandathang ngaytao thoigiantao "
        "ngaygiodat ngaychungtu",
        "customer_id": "customerid custid userid clientid memberid idkhachhang",
        "customer_code": "customercode customerno membercode makhachhang makh mathe mathanhvien sothe",
        "email": "email emailaddress customeremail mail thudientu emailkhachhang diachiemail",
        "phone": "phone phonenumber mobile tel telephone customerphone sodienthoai sdt dienthoai didong "
        "sdtkhachhang sodienthoaikhachhang dtdd sodt",
        "name": "customername fullname name buyer buyername "
        "tenkhachhang hoten hovaten tenkh nguoimua khachhang hotenkhachhang",
        "city": "city province tinh thanhpho tinhthanh tinhthanhpho",
        "country": "country quocgia nuoc",
        "address": "address shippingaddress diachi diachigiaohang",
        "product_id": "productid sku stockcode productcode itemcode itemid "
        "masanpham masp mahang mahanghoa mavach barcode mavattu",
        "product_name": "productname product item itemname description "
        "tensanpham tensp tenhang tenhanghoa sanpham mathang "
        "hanghoa diengiai mota",
        "category": "category productcategory danhmuc nhomhang loaihang nganhhang",
        "quantity": "quantity qty soluong sl",
        "price": "price unitprice dongia giaban gia giadonvi",
        "line_total": "linetotal lineamount amount subtotal thanhtien",
        "total": "total ordertotal grandtotal totalamount tongtien tongcong tongthanhtoan tonggiatri tongtiendonhang "
        "khachtra khachphaitra giatridonhang doanhthu",
        "discount": "discount giamgia chietkhau tiengiam",
        "shipping": "shipping shippingfee phivanchuyen phiship phigiaohang",
        "tax": "tax vat thue tienthue",
        "coupon": "coupon voucher vouchercode couponcode magiamgia makhuyenmai",
        "currency": "currency tiente loaitien donvitiente",
        "status": "status orderstatus trangthai tinhtrang trangthaidonhang",
        "channel": "channel saleschannel kenh kenhban kenhbanhang nguondon",
        "store": "store storename branch chinhanh cuahang diemban",
        "products": "products lineitems items",
    },
    "customers": {
        "customer_id": "customerid custid userid id clientid memberid idkhachhang",
        "customer_code": "customercode customerno membercode makhachhang makh mathe mathanhvien sothe ma",
        "email": "email emailaddress customeremail mail thudientu diachiemail",
        "phone": "phone phonenumber mobile tel telephone sodienthoai sdt dienthoai didong dtdd sodt",
        "name": "customername fullname name tenkhachhang hoten hovaten tenkh ten khachhang tendaydu",
        "first_name": "firstname givenname tengoi",
        "last_name": "lastname surname familyname ho hodem hovatendem",
        "gender": "gender sex gioitinh",
        "birthday": "birthday birthdate dateofbirth dob ngaysinh sinhnhat",
        "address": "address diachi",
        "city": "city province tinh thanhpho tinhthanh tinhthanhpho",
        "country": "country quocgia nuoc",
        "created_at": "createdat registeredat signupdate joindate ngaytao ngaydangky ngaythamgia",
        "updated_at": "updatedat modifiedat ngaycapnhat capnhatcuoi",
    },
    "events": {
        "event": "event eventname action sukien tensukien hanhdong",
        "time": "timestamp time date datetime eventtime occurredat createdat thoigian ngay ngaygio",
        "customer_id": "userid customerid custid memberid idkhachhang",
        "customer_code": "customercode makhachhang makh mathe",
        "anonymous_id": "anonymousid deviceid visitorid sessionid mathietbi",
        "email": "email emailaddress thudientu",
        "phone": "phone phonenumber mobile sodienthoai sdt dienthoai",
        "message_id": "messageid eventid uuid masukien id",
    },
}
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    # Each group needs one of its fields.
    "orders": (("order_id",), ("time",), ("total", "line_total", "price", "products")),
    "customers": (("customer_id", "customer_code", "email", "phone"),),
    "events": (("event",), ("customer_id", "customer_code", "anonymous_id", "email", "phone")),
}
KINDS = tuple(KNOWN)
_FIELDS = {
    kind: {name: field for field, names in fields.items() for name in names.split()} for kind, fields in KNOWN.items()
}
_OTHER = re.compile(r"[^a-z0-9]+")


def fields_of(kind: str) -> tuple[str, ...]:
    return tuple(KNOWN[kind])


def suggest_fields(kind: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Column → field for the columns whose names are known; each field once, the first column wins."""
    known, found = _FIELDS[kind], {}
    taken: set[str] = set()
    for column in columns:
        field = known.get(_OTHER.sub("", fold(column.rsplit(".", 1)[-1] if "." in column else column)))
        if field is None and "." in column:
            field = known.get(_OTHER.sub("", fold(column)))
        if field and field not in taken:
            found[column] = field
            taken.add(field)
    return found


def slug(column: str) -> str:
    """`Điểm tích lũy` → `diem_tich_luy`: the name of a trait or property made of a column."""
    return _OTHER.sub("_", fold(column)).strip("_") or "column"
