"""The shop's tables and foreign keys: the usual ones as lines of text, the peculiar ones by hand.

A line is `table size | foreign keys | columns`. Size: a share of all rows below 1, else a number of rows.
A foreign key is `singular` or `alias>table`, then its actions:
  `!` ON DELETE CASCADE   `-` RESTRICT   `~` NO ACTION   `?` nullable, SET NULL   and `^` for ON UPDATE CASCADE
Columns are `name:kind` (values.KINDS). Every line's table has id, created_at and updated_at besides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .values import KINDS, words

SCHEMA = "shop"
AUDIT_SCHEMA = "shop_audit"
ACTIONS = {"!": "CASCADE", "-": "RESTRICT", "~": "NO ACTION", "?": "SET NULL"}
LOCALES = ("de_DE", "en_GB", "fr_FR", "es_ES", "pl_PL", "ja_JP", "ar_EG", "he_IL")
VARIANTS = 2
LINES = 3

Counts = Mapping[str, int]
Key = Callable[[int, Counts], tuple[str, ...]]


def _serial(row: int, _counts: Counts) -> tuple[str, ...]:
    return (str(row + 1),)


@dataclass(frozen=True)
class ForeignKey:
    columns: tuple[str, ...]
    table: str
    on_delete: str
    on_update: str

    @property
    def nullable(self) -> bool:
        return self.on_delete == "SET NULL"


@dataclass(frozen=True)
class Table:
    """`key` is the primary key of the nth row (from 0), and so also what a foreign key to this table may hold."""

    name: str
    size: float
    foreign_keys: tuple[ForeignKey, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    primary: Mapping[str, str] = field(default_factory=lambda: {"id": "BIGINT UNSIGNED NOT NULL AUTO_INCREMENT"})
    key: Key = _serial
    extra: tuple[str, ...] = ()
    schema: str = SCHEMA
    rows_of: tuple[str, int] | None = None  # as many rows as that table has, times a number
    most: tuple[str, str] | None = None  # no more rows than pairs of these tables
    timestamps: bool = True
    primary_key: bool = True

    def rows(self, shared: float, most: int, counts: Counts) -> int:
        """Its share of the `shared` rows, or its own number, then no more than `most`."""
        if self.rows_of:
            return counts[self.rows_of[0]] * self.rows_of[1]
        wanted = max(4, round(self.size * shared)) if self.size < 1 else min(round(self.size), most)
        return min(wanted, counts[self.most[0]] * counts[self.most[1]]) if self.most else wanted


REGULAR = """
currencies 12                | | code:code name:title digits:small
countries 60                 | currency-^ | code:code name:title
regions 240                  | country! | name:title
cities 0.002                 | region! country- | name:title latitude:double longitude:double
timezones 24                 | country? | name:title offset_minutes:int
units 12                     | | code:code name:title
stores 6                     | country- currency- timezone? owner>users? | name:title settings:json
store_domains 12             | store! | host:code
store_hours 42               | store!^ | weekday:small opens:time closes:time
exchange_rates 0.002         | currency! base>currencies! | rate:exact valid_from:moment
roles 8                      | store? | name:title
permissions 60               | parent>permissions? | name:title
customer_groups 8            | store! price_list? | name:title discount:money
addresses 0.02               | user! country- region? city? | line_one:title line_two:text postal_code:latin
user_profiles 0.01           | user! country? | birthday:date bio:text avatar_url:url
user_preferences 0.01        | user!^ currency? | preferences:json
login_attempts 0.01          | user? store! | ip:ip succeeded:bool tried_at:moment
personal_access_tokens 0.003 | user! | name:title token:token abilities:json last_used_at:stamp
consents 0.004               | user! store! | given:bool given_at:moment ip:ip
wishlists 0.003              | user! store! | name:title
wishlist_items 0.006         | wishlist! product! added_by>users? | note:text
brands 60                    | store! country? | name:title url:url
suppliers 40                 | country- currency- store! manager>users? | name:title terms:text
supplier_contacts 80         | supplier!^ | name:name email:email phone:phone
manufacturers 30             | country? | name:title
category_translations 400    | category! | name:title description:text
product_images 0.02          | product! uploaded_by>users? | url:url position:small alt:title
product_translations 0.02    | product! reviewed_by>users? | name:title description:long
attribute_groups 12          | store! | name:title
attributes 60                | attribute_group!^ unit? | name:title
attribute_options 300        | attribute! | label:title position:small
product_attribute_values 0.03 | product! attribute! attribute_option? | value:text
tags 120                     | store! created_by>users? | name:title
product_relations 0.006      | product! related>products! | weight:float
bundles 0.001                | product! store! | name:title price:money
bundle_items 0.003           | bundle! product~ | quantity:small
collections 40               | store! parent>collections? created_by>users? | name:title
product_reviews 0.02         | product! user? store! order? | stars:small title:title body:text score:float
review_votes 0.01            | product_review! user! | helpful:bool
product_questions 0.003      | product! user? | body:text
product_answers 0.003        | product_question! user? approved_by>users? | body:text
price_lists 8                | store! currency- parent>price_lists? | name:title valid_from:date
product_prices 0.02          | price_list!^ product! customer_group? | price:money valid_from:moment
tax_classes 6                | store! | name:title
tax_rates 120                | tax_class! country! region? | rate:exact
warehouses 8                 | store! country- manager>users? | name:title
warehouse_zones 32           | warehouse! | name:title
shelves 300                  | warehouse_zone! | label:code
stock_counts 0.001           | warehouse! counted_by>users? approved_by>users? | counted_at:moment
stock_count_lines 0.004      | stock_count! product~ shelf>shelves? | expected:int counted:int
stock_transfers 0.001 | origin>warehouses- destination>warehouses- requested_by>users? | sent_at:moment
stock_transfer_lines 0.003   | stock_transfer! product- | quantity:small
purchase_orders 0.002 | supplier- warehouse- currency- created_by>users? approved_by>users? | number:code total:money
goods_receipts 0.002         | purchase_order! warehouse- received_by>users? | received_at:moment
batches 0.001                | supplier? product! goods_receipt? | code:code expires_on:date
serial_numbers 0.004         | product! batch? warehouse? order? | serial:code
order_statuses 9             | next>order_statuses? | code:code name:title
order_addresses 0.03         | order! country- region? address? | line_one:title line_two:text
order_status_history 0.05    | order! order_status-^ changed_by>users? | changed_at:moment comment:text
order_notes 0.01             | order! author>users? | note:text visible:bool
order_discounts 0.01         | order! coupon? promotion? | amount:money
order_taxes 0.02             | order! tax_rate- | amount:money
quotes 0.002                 | user? store! currency- sales_rep>users? | total:money valid_until:date
quote_lines 0.005            | quote! product~ | quantity:small price:money
invoices 0.02                | order~ store! currency- user? | number:code total:money issued_at:moment
invoice_lines 0.03           | invoice! product? tax_rate? | text:title amount:money
credit_notes 0.002           | invoice- order~ issued_by>users? | total:money
credit_note_lines 0.003      | credit_note! invoice_line? | amount:money
payment_methods 9            | store! currency? | code:code name:title options:json
payments 0.03                | order~ payment_method~ currency-^ user? | amount:money reference:token paid_at:moment
payment_attempts 0.02        | payment! | response:json tried_at:moment succeeded:bool
refunds 0.003                | payment- order- approved_by>users? | amount:money reason:text
return_reasons 12            | store! | name:title
returns 0.004                | order- user? return_reason- store! | requested_at:moment
subscription_plans 12        | store! product? currency- | name:title price:money
subscriptions 0.003          | user! subscription_plan- address? payment_method? | starts_on:date ends_on:date
subscription_items 0.005     | subscription! product- | quantity:small
gift_cards 0.002             | store! currency- buyer>users? order? | code:code balance:money
gift_card_transactions 0.004 | gift_card! order? | amount:money
carriers 12                  | country? | name:title
shipping_methods 20          | carrier! store! tax_class? | name:title price:money
shipping_zones 20            | store! | name:title
shipping_rates 160           | shipping_zone! shipping_method! currency- | up_to_kg:double price:money
shipments 0.02 | order~ carrier~ warehouse- shipping_method? address>order_addresses? | tracking:code shipped_at:moment
shipment_events 0.03         | shipment! city? | status:status happened_at:moment
pickup_points 60             | carrier! city? country- | name:title hours:json
parcels 0.01                 | shipment! pickup_point? | weight:double label:blob
campaigns 30                 | store! owner>users? parent>campaigns? | name:title starts_at:stamp budget:exact
campaign_messages 90         | campaign! author>users? | subject:title body:long
coupons 0.002                | campaign? store! created_by>users? currency? | code:code amount:money flags:flags
coupon_redemptions 0.004     | coupon! user? order! | amount:money
promotions 40                | campaign? store! customer_group? | name:title rule:json
newsletter_subscribers 0.01  | store! user? | email:email confirmed_at:stamp
newsletter_deliveries 0.02   | newsletter_subscriber! campaign_message! | opened_at:stamp clicked:bool
banners 40                   | store! campaign? media_file? | title:title target_url:url
loyalty_programs 4           | store! currency? | name:title
loyalty_accounts 0.005       | loyalty_program! user! | points:int
loyalty_transactions 0.01    | loyalty_account! order? | points:int
pages 60                     | store! parent>pages? author>users? editor>users? | title:title body:long status:status
page_revisions 240           | page! author>users? | body:long
menus 8                      | store! | name:title
menu_items 80                | menu! parent>menu_items? page? category? | label:title position:small
posts 0.001                  | store! author>users? category? media_file? | title:title body:long
post_comments 0.003          | post! user? parent>post_comments? | body:text
departments 12               | store! parent>departments? head>staff_members? | name:title
staff_members 40             | user! department- manager>staff_members? | position:title hired_on:date
tickets 0.004                | user? store! department? assignee>staff_members? order? | subject:title status:status
ticket_messages 0.01         | ticket! user? staff_member? | body:text sent_at:moment
webhooks 20                  | store! created_by>users? | url:url secret:token
webhook_deliveries 0.02      | webhook! order? | payload:json delivered_at:moment
imports 30                   | store! user? supplier? | file_name:title finished_at:moment
import_rows 0.01             | import! product? | line:text error:title
"""

# Tables that the back office writes to, and so note by whom.
STAFF_EDITED = frozenset(
    words("""
    stores store_domains store_hours exchange_rates countries regions currencies timezones units roles
    permissions customer_groups brands suppliers supplier_contacts manufacturers category_translations
    attribute_groups attributes attribute_options product_attribute_values product_relations bundles
    bundle_items price_lists product_prices tax_classes tax_rates warehouses warehouse_zones shelves batches
    order_statuses payment_methods return_reasons subscription_plans carriers shipping_methods
    """)
)


def _foreign_key(text: str) -> ForeignKey:
    cascades = text.endswith("^")
    text = text.removesuffix("^")
    on_update = "CASCADE" if cascades else "NO ACTION" if text.endswith("~") else "RESTRICT"
    alias, _, table = text[:-1].partition(">")
    return ForeignKey((f"{alias}_id",), table or plural(alias), ACTIONS[text[-1]], on_update)


def _foreign_keys(text: str) -> tuple[ForeignKey, ...]:
    return tuple(_foreign_key(word) for word in text.split())


def plural(noun: str) -> str:
    """`category` -> `categories`, `tax_class` -> `tax_classes`"""
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _parse(line: str) -> Table:
    (name, size), keys, columns = (part.split() for part in line.split("|"))
    if name in STAFF_EDITED:
        keys += ["created_by>users?", "updated_by>users?^"]
    return Table(name, float(size), _foreign_keys(" ".join(keys)), dict(column.split(":") for column in columns))


def _pivot(name: str, size: float, left: str, right: str, columns: Mapping[str, str] | None = None) -> Table:
    """A table whose primary key is a pair of foreign keys, each pair once."""
    left_table, right_table = plural(left), plural(right)

    def pair(row: int, counts: Counts) -> tuple[str, ...]:
        turn, first = divmod(row, counts[left_table])
        return str(first + 1), str((turn + first) % counts[right_table] + 1)

    return Table(
        name,
        size,
        (_foreign_key(f"{left}!"), _foreign_key(f"{right}!")),
        columns or {},
        primary={f"{left}_id": "BIGINT UNSIGNED NOT NULL", f"{right}_id": "BIGINT UNSIGNED NOT NULL"},
        key=pair,
        most=(left_table, right_table),
    )


def _cart(row: int, _counts: Counts) -> tuple[str, ...]:
    return (hashlib.sha256(b"cart %d" % row).hexdigest()[:32],)


VARIANT = ForeignKey(("product_id", "variant_no"), "product_variants", "CASCADE", "CASCADE")
ORDER_LINE = ForeignKey(("order_id", "line_no"), "order_items", "CASCADE", "RESTRICT")
LOCALE = ForeignKey(("locale",), "locales", "RESTRICT", "CASCADE")
LINE_KEY = {"order_id": "BIGINT UNSIGNED NOT NULL", "line_no": "SMALLINT UNSIGNED NOT NULL"}

PECULIAR = (
    # A cycle of two: users.default_address_id -> addresses.user_id -> users.
    Table(
        "users",
        0.02,
        _foreign_keys("store- referred_by>users? default_address>addresses? customer_group?"),
        {
            "name": "name",
            "email": "email",
            "password": "token",
            "phone": "phone",
            "status": "status",
            "flags": "flags",
            "permissions_mask": "bits",
            "settings": "json",
            "email_verified_at": "stamp",
            "last_login_at": "moment",
        },
        extra=(
            "email_domain VARCHAR(190) GENERATED ALWAYS AS (SUBSTRING_INDEX(email, '@', -1)) VIRTUAL",
            "UNIQUE KEY users_email_unique (email)",
            "KEY users_email_domain (email_domain)",
        ),
    ),
    Table(
        "categories",
        200,
        _foreign_keys("store! parent>categories? created_by>users?"),
        {"name": "title", "description": "text", "position": "small"},
        extra=("FULLTEXT KEY categories_search (name, description)",),
    ),
    Table(
        "products",
        0.02,
        _foreign_keys("store! brand? category? tax_class- supplier? manufacturer? currency-^ created_by>users?"),
        {
            "sku": "code",
            "name": "title",
            "description": "long",
            "price": "money",
            "cost": "exact",
            "weight": "double",
            "rating": "float",
            "attributes": "json",
            "status": "status",
            "published_at": "moment",
            "legacy_name": "latin",
        },
        extra=(
            "margin DECIMAL(26,8) GENERATED ALWAYS AS (price - IFNULL(cost, 0)) STORED",
            "attribute_title VARCHAR(255) GENERATED ALWAYS AS (attributes->>'$.title') VIRTUAL",
            "FULLTEXT KEY products_search (name, description)",
            "KEY products_price (store_id, price)",
            "UNIQUE KEY products_sku (sku)",
        ),
    ),
    Table(
        "product_variants",
        0,
        (_foreign_key("product!"),),
        {"name": "title", "barcode": "code", "price": "money"},
        primary={"product_id": "BIGINT UNSIGNED NOT NULL", "variant_no": "SMALLINT UNSIGNED NOT NULL"},
        key=lambda row, _counts: (str(row // VARIANTS + 1), str(row % VARIANTS + 1)),
        rows_of=("products", VARIANTS),
    ),
    Table("stock_levels", 0.02, (VARIANT, _foreign_key("warehouse!")), {"quantity": "int", "counted_at": "moment"}),
    # A ledger taken over from an older system: ids below zero, and zero itself.
    Table(
        "stock_movements",
        0.03,
        (VARIANT, _foreign_key("warehouse-"), _foreign_key("moved_by>users?")),
        {"quantity": "int", "unit_cost": "exact", "moved_at": "moment", "duration": "time"},
        primary={"id": "BIGINT NOT NULL AUTO_INCREMENT"},
        key=lambda row, _counts: (str(row * 7 - 3500),),
    ),
    Table(
        "purchase_order_lines",
        0.005,
        (_foreign_key("purchase_order!"), VARIANT),
        {"quantity": "small", "price": "money"},
    ),
    Table("goods_receipt_lines", 0.004, (_foreign_key("goods_receipt!"), VARIANT), {"quantity": "small"}),
    Table(
        "carts",
        0.015,
        (_foreign_key("user?"), _foreign_key("store!"), _foreign_key("currency-")),
        {"content": "json", "total": "money", "expires_at": "stamp"},
        primary={"id": "BINARY(16) NOT NULL"},
        key=_cart,
    ),
    Table(
        "cart_items",
        0.02,
        (ForeignKey(("cart_id",), "carts", "CASCADE", "RESTRICT"), VARIANT),
        {"quantity": "small", "options": "json"},
    ),
    Table(
        "orders",
        0.04,
        _foreign_keys(
            "store- user? order_status-^ currency- billing>addresses? shipping>addresses? coupon? sales_rep>users?"
        ),
        {
            "number": "code",
            "subtotal": "money",
            "tax": "money",
            "shipping_price": "money",
            "flags": "flags",
            "note": "text",
            "meta": "json",
            "placed_at": "moment",
        },
        extra=(
            "total DECIMAL(14,2) GENERATED ALWAYS AS (subtotal + tax + shipping_price) STORED",
            "placed_on DATE GENERATED ALWAYS AS (CAST(placed_at AS DATE)) VIRTUAL",
            "UNIQUE KEY orders_number (number)",
            "KEY orders_placed_on (placed_on)",
        ),
    ),
    Table(
        "order_items",
        0,
        (_foreign_key("order!"), ForeignKey(("product_id", "variant_no"), "product_variants", "RESTRICT", "CASCADE")),
        {"name": "title", "quantity": "small", "price": "money", "options": "json"},
        primary=LINE_KEY,
        key=lambda row, _counts: (str(row // LINES + 1), str(row % LINES + 1)),
        rows_of=("orders", LINES),
    ),
    Table("shipment_items", 0.02, (_foreign_key("shipment!"), ORDER_LINE), {"quantity": "small"}),
    Table("return_items", 0.005, (_foreign_key("return!"), ORDER_LINE), {"quantity": "small", "comment": "text"}),
    Table("refund_lines", 0.004, (_foreign_key("refund!"), ORDER_LINE), {"amount": "money"}),
    _pivot("role_user", 0.006, "role", "user"),
    _pivot("permission_role", 200, "permission", "role"),
    _pivot("customer_group_user", 0.006, "customer_group", "user"),
    _pivot("category_product", 0.02, "category", "product", {"position": "small"}),
    _pivot("product_tag", 0.02, "product", "tag"),
    _pivot("collection_product", 0.006, "collection", "product", {"position": "small"}),
    _pivot("product_promotion", 0.004, "product", "promotion"),
    _pivot("country_shipping_zone", 200, "country", "shipping_zone"),
    _pivot("post_tag", 0.002, "post", "tag"),
    _pivot("tag_ticket", 0.003, "tag", "ticket"),
    Table(
        "locales",
        len(LOCALES),
        (_foreign_key("country?"),),
        {"name": "title"},
        primary={"code": "VARCHAR(5) NOT NULL"},
        key=lambda row, _counts: (LOCALES[row],),
    ),
    Table(
        "translations",
        0.02,
        (LOCALE, _foreign_key("updated_by>users?")),
        {"value": "text"},
        primary={"locale": "VARCHAR(5) NOT NULL", "scope": "VARCHAR(60) NOT NULL", "phrase": "VARCHAR(190) NOT NULL"},
        key=lambda row, counts: (LOCALES[row % counts["locales"]], f"Größe{row % 13}", f"phrase.{row:06d}"),
    ),
    Table(
        "media_files",
        0.003,
        (_foreign_key("uploaded_by>users?"), _foreign_key("store!")),
        {"name": "title", "content": "blob", "checksum": "digest"},
    ),
    Table(
        "sessions",
        0.02,
        (_foreign_key("user?"),),
        {"ip_address": "ip", "user_agent": "text", "payload": "long", "last_activity": "unix"},
        primary={"id": "VARCHAR(255) NOT NULL"},
        key=lambda row, _counts: (hashlib.sha256(b"session %d" % row).hexdigest()[:40],),
        timestamps=False,
    ),
    Table(
        "jobs",
        0.004,
        (),
        {"queue": "latin", "payload": "long", "attempts": "small", "available_at": "unix"},
        timestamps=False,
    ),
    Table(
        "failed_jobs",
        0.001,
        (),
        {"uuid": "uuid", "payload": "long", "exception": "long", "failed_at": "stamp"},
        timestamps=False,
    ),
    Table(
        "password_reset_tokens",
        0.001,
        (),
        {"token": "token"},
        primary={"email": "VARCHAR(190) NOT NULL"},
        key=lambda row, _counts: (f"customer{row}@mail.example",),
    ),
    Table(
        "notifications",
        0.02,
        (_foreign_key("user!"),),
        {"type": "title", "data": "json", "read_at": "stamp"},
        primary={"id": "CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL"},
        key=lambda row, _counts: (f"{row:08x}-1111-4222-8333-{row * 2654435761 % 2**48:012x}",),
    ),
    Table("migrations", 150, (), {"migration": "title", "batch": "small"}, timestamps=False),
    # Rows may be equal to the last bit, as a counter's log is.
    Table(
        "page_views",
        0.06,
        (_foreign_key("store!"), _foreign_key("product?")),
        {"viewed_on": "date", "mobile": "bool"},
        primary={},
        primary_key=False,
        timestamps=False,
    ),
    Table("audit_actors", 60, (), {"name": "name", "email": "email"}, schema=AUDIT_SCHEMA),
    Table(
        "audit_entries",
        0.05,
        (
            ForeignKey(("audit_actor_id",), "audit_actors", "RESTRICT", "CASCADE"),
            ForeignKey(("parent_id",), "audit_entries", "SET NULL", "RESTRICT"),
        ),
        {"subject": "title", "before_value": "json", "after_value": "json", "happened_at": "moment"},
        schema=AUDIT_SCHEMA,
    ),
)

TABLES: tuple[Table, ...] = (*(_parse(line) for line in REGULAR.strip().splitlines()), *PECULIAR)


def row_counts(scale: int) -> dict[str, int]:
    """How many rows every table gets, about `scale` in all; every table gets some."""
    most = max(8, scale // 100)
    numbers = sum(min(table.size, most) for table in TABLES if table.size >= 1)
    shares = {table.name: table.size for table in TABLES if table.size < 1}
    shares |= {table.name: shares[table.rows_of[0]] * table.rows_of[1] for table in TABLES if table.rows_of}
    shared = max(0, scale - numbers) / sum(shares.values())
    counts: dict[str, int] = {}
    waiting = list(TABLES)
    while waiting:
        for table in list(waiting):
            needed = [table.rows_of[0]] if table.rows_of else list(table.most or ())
            if all(name in counts for name in needed):
                counts[table.name] = table.rows(shared, most, counts)
                waiting.remove(table)
    return counts


BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}


def create_statement(table: Table) -> str:
    """The table with its indexes and foreign keys; needs foreign_key_checks=0, as they point in every direction."""
    own = dict(table.primary)
    for foreign_key in table.foreign_keys:
        for column, sql in zip(foreign_key.columns, BY_NAME[foreign_key.table].primary.values(), strict=True):
            plain = sql.removesuffix(" AUTO_INCREMENT").removesuffix(" NOT NULL")
            own.setdefault(column, f"{plain} NULL" if foreign_key.nullable else f"{plain} NOT NULL")
    own |= {name: KINDS[kind].sql for name, kind in table.columns.items()}
    if table.timestamps:
        own |= {"created_at": "TIMESTAMP NULL", "updated_at": "TIMESTAMP NULL"}
    lines = [f"`{name}` {sql}" for name, sql in own.items()]
    lines += table.extra
    if table.primary_key:
        lines.append(f"PRIMARY KEY ({', '.join(f'`{name}`' for name in table.primary)})")
    for foreign_key in table.foreign_keys:
        columns = ", ".join(f"`{name}`" for name in foreign_key.columns)
        parent = BY_NAME[foreign_key.table]
        lines.append(
            f"CONSTRAINT `{table.name}_{'_'.join(foreign_key.columns)}_foreign` FOREIGN KEY ({columns}) "
            f"REFERENCES `{parent.name}` ({', '.join(f'`{name}`' for name in parent.primary)}) "
            f"ON DELETE {foreign_key.on_delete} ON UPDATE {foreign_key.on_update}"
        )
    body = ",\n  ".join(lines)
    return f"CREATE TABLE `{table.schema}`.`{table.name}` (\n  {body}\n)"
