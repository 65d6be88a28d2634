-- The carrier's tables, as the world fills them; columns as the dictionary in datasets/ explains them.
-- 公司各表，由模拟世界填入；各列含义见 datasets/ 中的数据字典。
--
-- Dates are 'YYYY-MM-DD', times 'YYYY-MM-DD HH:MM', flags 0 or 1. What people edit has a row_version,
-- which grows with each edit, so that two who edit one record notice each other.
-- 日期写作 'YYYY-MM-DD'，时间写作 'YYYY-MM-DD HH:MM'，是否用 1 或 0。会被人修改的表有 row_version，
-- 每改一次加一，两人同时改一条记录时就能发现。

-- ------------------------------------------------------------------------------------------------
-- The company 公司

-- The cities that Lanyan Express serves; each has one sorting site with the city's code.
-- 蓝雁速运服务的城市；每城一个分拣中心，编码与城市相同。
CREATE TABLE cities (
    city   TEXT    PRIMARY KEY NOT NULL,
    region TEXT    NOT NULL
) STRICT;

-- The channels between the carrier and its customers, with what each is good for.
-- 公司与客户之间的沟通渠道及其特点。
CREATE TABLE channels (
    channel          TEXT    PRIMARY KEY NOT NULL,
    reach            REAL    NOT NULL,
    realtime         INTEGER NOT NULL CHECK (realtime IN (0, 1)),
    archivable       INTEGER NOT NULL CHECK (archivable IN (0, 1)),
    unit_cost        REAL    NOT NULL,
    reply_standard_s INTEGER NOT NULL
) STRICT;

-- What Lanyan Express offers, with its first list price; later ones stand in price_list.
-- 蓝雁速运的产品与最初的标价；后来的调价见 price_list。
CREATE TABLE products (
    product_id     TEXT    PRIMARY KEY NOT NULL,
    family         TEXT    NOT NULL,
    promised_hours INTEGER NOT NULL,
    base_fee       REAL    NOT NULL,
    per_kg_fee     REAL    NOT NULL
) STRICT;

-- The list price of every product since each day on which it changed.
-- 各产品每次调价之日起的标价。
CREATE TABLE price_list (
    product_id TEXT    NOT NULL REFERENCES products,
    since      TEXT    NOT NULL,
    base_fee   REAL    NOT NULL,
    per_kg_fee REAL    NOT NULL,
    PRIMARY KEY (product_id, since)
) STRICT, WITHOUT ROWID;

-- How long each link of the chain should take, by product.
-- 各产品每个环节的标准时长。
CREATE TABLE standards (
    product_id     TEXT    NOT NULL REFERENCES products,
    step           INTEGER NOT NULL,
    stage          TEXT    NOT NULL,
    usual_hours    REAL    NOT NULL,
    promised_hours REAL    NOT NULL,
    PRIMARY KEY (product_id, step)
) STRICT, WITHOUT ROWID;

-- Parcels of every carrier in the ten cities that Lanyan serves, year by year; carriers and figures are invented.
-- 蓝雁速运所在十座城市各家快递公司的分年业务量；公司与数字均为虚构。
CREATE TABLE market_share (
    year        INTEGER NOT NULL,
    firm        TEXT    NOT NULL,
    size        TEXT    NOT NULL,
    parcels_10k INTEGER NOT NULL,
    PRIMARY KEY (year, firm)
) STRICT, WITHOUT ROWID;

-- The staff who speak with customers: the service desk and the sales people, one row each.
-- 直接面对客户的员工：客服和销售人员，一人一行。
CREATE TABLE agents (
    agent_id        TEXT    PRIMARY KEY NOT NULL,
    post            TEXT    NOT NULL,
    level           TEXT    NOT NULL,
    city            TEXT    NOT NULL REFERENCES cities,
    hired_on        TEXT    NOT NULL,
    appraisal       INTEGER NOT NULL,
    pay_band        TEXT    NOT NULL,
    empowered_limit REAL    NOT NULL,
    satisfaction    REAL    NOT NULL
) STRICT;

-- Courses of the service desk since the data begin, one row per agent and course held. Who got which course and mode when was decided by lot.
-- 数据起始以来客服参加的培训，每人每次一行。谁在何时以何种方式参加哪门课，由抽签决定。
CREATE TABLE trainings (
    agent_id TEXT    NOT NULL REFERENCES agents,
    course   TEXT    NOT NULL,
    mode     TEXT    NOT NULL,
    held_on  TEXT    NOT NULL,
    hours    REAL    NOT NULL,
    pre      INTEGER NOT NULL,
    post     INTEGER NOT NULL,
    PRIMARY KEY (agent_id, course, held_on)
) STRICT, WITHOUT ROWID;

-- Marketing campaigns, one row each.
-- 营销活动，一项一行。
CREATE TABLE campaigns (
    campaign_id      TEXT    PRIMARY KEY NOT NULL,
    code             TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    channel          TEXT    NOT NULL,
    market           TEXT,
    off              REAL,
    cost_per_message REAL    NOT NULL,
    starts_on        TEXT    NOT NULL,
    ends_on          TEXT    NOT NULL
) STRICT;

-- What came from outside: storms, closed roads, and rivals' offers; with what the carrier did about the first two.
-- 外部事件：暴雨、封路和对手优惠，以及公司对前两类的应对。
CREATE TABLE events (
    event_id          TEXT    PRIMARY KEY NOT NULL,
    kind              TEXT    NOT NULL,
    city              TEXT    NOT NULL REFERENCES cities,
    began_on          TEXT    NOT NULL,
    days              INTEGER NOT NULL,
    severity          REAL,
    cut               REAL,
    declared_at       TEXT,
    escalated_at      TEXT,
    plan_started_at   TEXT,
    customers_told_at TEXT
) STRICT;

-- ------------------------------------------------------------------------------------------------
-- Customers 客户

-- A random sample of the accounts ever opened with Lanyan Express, one in 400; one row each.
-- 在蓝雁速运开过的账户，按 1/400 随机抽样，一户一行。
CREATE TABLE customers (
    customer_id    TEXT    PRIMARY KEY NOT NULL,
    name           TEXT    NOT NULL,
    phone          TEXT,
    email          TEXT,
    address        TEXT,
    market_type    TEXT    NOT NULL,
    legal_kind     TEXT    NOT NULL,
    city           TEXT    NOT NULL REFERENCES cities,
    created_on     TEXT    NOT NULL,
    source_channel TEXT    NOT NULL,
    referrer_id    TEXT    REFERENCES customers,
    owner_agent_id TEXT    REFERENCES agents,
    member_since   TEXT,
    row_version    INTEGER NOT NULL DEFAULT 1
) STRICT;

-- What was noted about customers who are persons or households; gaps where nobody asked or they didn't say.
-- 个人与家庭客户的特征登记；未询问或客户未说的为空。
CREATE TABLE persons (
    customer_id    TEXT    PRIMARY KEY NOT NULL REFERENCES customers,
    age            INTEGER,
    sex            TEXT,
    education      TEXT,
    marital_status TEXT,
    has_children   INTEGER CHECK (has_children IN (0, 1)),
    monthly_income TEXT,
    interests      TEXT,
    row_version    INTEGER NOT NULL DEFAULT 1
) STRICT;

-- What is known of customers who are firms or other organisations.
-- 企业及其他单位客户的特征登记。
CREATE TABLE organisations (
    customer_id        TEXT    PRIMARY KEY NOT NULL REFERENCES customers,
    size_band          TEXT    NOT NULL,
    employees          INTEGER NOT NULL,
    industry           TEXT    NOT NULL,
    registered_capital INTEGER,
    annual_sales       INTEGER,
    is_listed          INTEGER NOT NULL CHECK (is_listed IN (0, 1)),
    monthly_parcels    INTEGER NOT NULL,
    current_courier    TEXT,
    goods_type         TEXT    NOT NULL,
    buying_type        TEXT    NOT NULL,
    partner_class      TEXT    NOT NULL,
    contract_until     TEXT,
    row_version        INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Persons whom we know in firms, customers and prospects alike.
-- 我们在企业中认识的人，含客户与潜在客户。
CREATE TABLE contacts (
    contact_id         TEXT    PRIMARY KEY NOT NULL,
    customer_id        TEXT    REFERENCES customers,
    lead_id            TEXT    REFERENCES leads,
    role               TEXT    NOT NULL,
    name               TEXT    NOT NULL,
    phone              TEXT,
    known_supplier_tie INTEGER CHECK (known_supplier_tie IN (0, 1)),
    row_version        INTEGER NOT NULL DEFAULT 1
) STRICT;

-- What customers agreed to; no row, no consent. One purpose doesn't cover another.
-- 客户的同意记录；没有记录即没有同意，一种用途不能代替另一种。
CREATE TABLE consents (
    customer_id  TEXT    NOT NULL REFERENCES customers,
    purpose      TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    manner       TEXT    NOT NULL,
    given_on     TEXT    NOT NULL,
    withdrawn_on TEXT,
    PRIMARY KEY (customer_id, purpose)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------
-- Sales 销售

-- Firms that sales tries or tried to win, as known when the data end.
-- 销售开发的潜在客户，状态截至数据末日。
CREATE TABLE leads (
    lead_id            TEXT    PRIMARY KEY NOT NULL,
    name               TEXT    NOT NULL,
    source_method      TEXT    NOT NULL,
    list               TEXT,
    created_on         TEXT    NOT NULL,
    city               TEXT    NOT NULL REFERENCES cities,
    industry           TEXT    NOT NULL,
    size_band          TEXT    NOT NULL,
    registered_capital INTEGER,
    annual_sales       INTEGER,
    monthly_parcels    INTEGER NOT NULL,
    current_courier    TEXT,
    goods_type         TEXT    NOT NULL,
    need_score         INTEGER,
    pay_score          INTEGER,
    authority_score    INTEGER,
    pain_point         TEXT,
    qualified          INTEGER CHECK (qualified IN (0, 1)),
    stage              TEXT    NOT NULL,
    owner_agent_id     TEXT    NOT NULL REFERENCES agents,
    won_on             TEXT,
    lost_on            TEXT,
    lost_reason        TEXT,
    customer_id        TEXT    REFERENCES customers,
    referrer_id        TEXT    REFERENCES customers,
    row_version        INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Every call, letter and visit between sales and a lead.
-- 销售与线索之间的每一次电话、信函与拜访。
CREATE TABLE lead_contacts (
    lead_id      TEXT    NOT NULL REFERENCES leads,
    contact_no   INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    at           TEXT    NOT NULL,
    style        TEXT,
    answered     INTEGER NOT NULL CHECK (answered IN (0, 1)),
    answered_on  TEXT,
    duration_min INTEGER,
    note         TEXT,
    PRIMARY KEY (lead_id, contact_no)
) STRICT, WITHOUT ROWID;

-- Leads with whom sales came as far as a proposal.
-- 已提出方案的销售机会。
CREATE TABLE deals (
    deal_id         TEXT    PRIMARY KEY NOT NULL,
    lead_id         TEXT    NOT NULL REFERENCES leads,
    customer_id     TEXT    REFERENCES customers,
    opened_on       TEXT    NOT NULL,
    stage           TEXT    NOT NULL,
    monthly_value   REAL    NOT NULL,
    signed_on       TEXT,
    duties_us       TEXT,
    duties_customer TEXT,
    follow_up_on    TEXT,
    followed_on     TEXT,
    row_version     INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Every version of every proposal; the last one of a signed deal is the contract.
-- 方案的每一版；已签约机会的最后一版即合同。
CREATE TABLE proposals (
    deal_id    TEXT    NOT NULL REFERENCES deals,
    version    INTEGER NOT NULL,
    sent_on    TEXT    NOT NULL,
    product_id TEXT    NOT NULL REFERENCES products,
    extra      TEXT    NOT NULL,
    discount   REAL    NOT NULL,
    base_fee   REAL    NOT NULL,
    feedback   TEXT,
    PRIMARY KEY (deal_id, version)
) STRICT, WITHOUT ROWID;

-- People who came to a counter to ask about a regular service. They left no name and can't be joined to accounts.
-- 到门店咨询长期寄件的访客；未留姓名，不能与账户关联。
CREATE TABLE visits (
    visitor_id        TEXT    NOT NULL,
    visit_no          INTEGER NOT NULL,
    visited_on        TEXT    NOT NULL,
    city              TEXT    NOT NULL REFERENCES cities,
    transport         TEXT    NOT NULL,
    appearance_cue    TEXT    NOT NULL,
    project_stage     TEXT    NOT NULL,
    dwell_min         INTEGER NOT NULL,
    phone_call        INTEGER NOT NULL CHECK (phone_call IN (0, 1)),
    reservation_asked INTEGER NOT NULL CHECK (reservation_asked IN (0, 1)),
    round_off_asked   INTEGER NOT NULL CHECK (round_off_asked IN (0, 1)),
    discount_asked    INTEGER NOT NULL CHECK (discount_asked IN (0, 1)),
    bought            INTEGER NOT NULL CHECK (bought IN (0, 1)),
    amount            REAL,
    callback_on       TEXT,
    returned_on       TEXT,
    PRIMARY KEY (visitor_id, visit_no)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------
-- Orders and parcels 订单与快件

-- Every parcel of the sampled customers, one row each, as known when the data end.
-- 样本客户的每一件快递，一件一行，状态截至数据末日。
CREATE TABLE shipments (
    waybill_no   TEXT    PRIMARY KEY NOT NULL,
    customer_id  TEXT    NOT NULL REFERENCES customers,
    product_id   TEXT    NOT NULL REFERENCES products,
    origin       TEXT    NOT NULL REFERENCES cities,
    destination  TEXT    NOT NULL,
    weight_kg    REAL    NOT NULL,
    discount     REAL    NOT NULL,
    fee_quoted   REAL    NOT NULL,
    fee          REAL    NOT NULL,
    accepted_at  TEXT    NOT NULL,
    promised_at  TEXT    NOT NULL,
    delivered_at TEXT,
    delay_cause  TEXT,
    lost         INTEGER NOT NULL CHECK (lost IN (0, 1)),
    damaged      INTEGER NOT NULL CHECK (damaged IN (0, 1)),
    info_error   INTEGER NOT NULL CHECK (info_error IN (0, 1))
) STRICT;

-- Every order of the sampled customers: one for each parcel sent, and those that were cancelled.
-- 样本客户的全部订单：每件寄出的快递一单，另含已取消的订单。
CREATE TABLE orders (
    order_id          TEXT    PRIMARY KEY NOT NULL,
    waybill_no        TEXT    REFERENCES shipments,
    customer_id       TEXT    NOT NULL REFERENCES customers,
    placed_at         TEXT    NOT NULL,
    channel           TEXT    NOT NULL,
    pickup_booked_for TEXT,
    discount          REAL,
    declared_value    REAL,
    cod_amount        REAL,
    pack_service      INTEGER NOT NULL CHECK (pack_service IN (0, 1)),
    sign_service      INTEGER NOT NULL CHECK (sign_service IN (0, 1)),
    status            TEXT    NOT NULL,
    cancelled_at      TEXT,
    cancel_reason     TEXT,
    payment_method    TEXT    NOT NULL,
    payment_status    TEXT,
    attempts          INTEGER NOT NULL,
    campaign_id       TEXT    REFERENCES campaigns,
    row_version       INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Each time a link of the chain was done with a parcel.
-- 每件快递每完成一个环节，扫描一次。
CREATE TABLE scans (
    waybill_no TEXT    NOT NULL REFERENCES shipments,
    step       INTEGER NOT NULL,
    stage      TEXT    NOT NULL,
    site       TEXT    NOT NULL,
    scanned_at TEXT    NOT NULL,
    PRIMARY KEY (waybill_no, step)
) STRICT, WITHOUT ROWID;

-- Stars that senders gave to a delivered parcel; about one in seventeen is rated.
-- 寄件人给已送达包裹的星级评分；大约每十七件有一件被评分。
CREATE TABLE ratings (
    waybill_no TEXT    PRIMARY KEY NOT NULL REFERENCES shipments,
    rated_at   TEXT    NOT NULL,
    stars      INTEGER NOT NULL
) STRICT;

-- The stops of one courier on ten days, in the order driven. The town is invented; its coordinates lie in the sea.
-- 一名快递员十天的投递点，按实际行驶顺序；城镇为虚构，坐标位于海上。
CREATE TABLE stops (
    route_id  TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    lat       REAL    NOT NULL,
    lon       REAL    NOT NULL,
    parcels   INTEGER NOT NULL,
    from_hour INTEGER NOT NULL,
    to_hour   INTEGER NOT NULL,
    PRIMARY KEY (route_id, seq)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------
-- Money and points 资金与积分

-- Monthly invoices of the firms that have a contract and pay by the month.
-- 签约月结企业的每月账单。
CREATE TABLE invoices (
    invoice_id    TEXT    PRIMARY KEY NOT NULL,
    customer_id   TEXT    NOT NULL REFERENCES customers,
    period        TEXT    NOT NULL,
    amount        REAL    NOT NULL,
    due_on        TEXT    NOT NULL,
    paid_on       TEXT,
    paid_amount   REAL    NOT NULL,
    refund_amount REAL    NOT NULL
) STRICT;

-- What each customer brought and cost in a year; customers without any entry have no row.
-- 每位客户一年的收入与成本；全年无往来的客户没有记录。
CREATE TABLE finance_years (
    customer_id    TEXT    NOT NULL REFERENCES customers,
    year           INTEGER NOT NULL,
    whole_year     INTEGER NOT NULL CHECK (whole_year IN (0, 1)),
    parcels        INTEGER NOT NULL,
    revenue        REAL    NOT NULL,
    direct_cost    REAL    NOT NULL,
    marketing_cost REAL    NOT NULL,
    profit         REAL    NOT NULL,
    PRIMARY KEY (customer_id, year)
) STRICT, WITHOUT ROWID;

-- Ledger of the members' points; 100 points are worth one yuan.
-- 会员积分流水；100 分抵 1 元。
CREATE TABLE points (
    entry_id    TEXT    PRIMARY KEY NOT NULL,
    customer_id TEXT    NOT NULL REFERENCES customers,
    at          TEXT    NOT NULL,
    delta       INTEGER NOT NULL,
    reason      TEXT    NOT NULL
) STRICT;

-- ------------------------------------------------------------------------------------------------
-- Marketing and online 营销与线上

-- Every message of a campaign, and every customer from whom it was held back by lot (group control).
-- 营销活动的每一条信息，以及按抽签不发送的客户（对照组）。
CREATE TABLE sends (
    send_id     TEXT    PRIMARY KEY NOT NULL,
    campaign_id TEXT    NOT NULL REFERENCES campaigns,
    customer_id TEXT    NOT NULL REFERENCES customers,
    "group" TEXT    NOT NULL,
    sent_at     TEXT,
    delivered   INTEGER CHECK (delivered IN (0, 1)),
    opened      INTEGER CHECK (opened IN (0, 1)),
    clicked     INTEGER CHECK (clicked IN (0, 1)),
    responded   INTEGER NOT NULL CHECK (responded IN (0, 1)),
    opted_out   INTEGER NOT NULL CHECK (opted_out IN (0, 1)),
    voucher     REAL,
    said_reason TEXT,
    returned    INTEGER CHECK (returned IN (0, 1))
) STRICT;

-- Steps of visits to website and app: all visits of one customer in 22, of the others those that came with a campaign, and strangers' visits in proportion. Compare shares, not totals.
-- 网站与应用的访问步骤：约 22 位客户抽一位，含其全部访问；其余客户仅含活动带来的访问；另有相应比例的陌生访客。宜比较比例，不宜比较总数。
CREATE TABLE web_events (
    visitor_id  TEXT    NOT NULL,
    customer_id TEXT    REFERENCES customers,
    session_id  TEXT    NOT NULL,
    at          TEXT    NOT NULL,
    platform    TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    page        TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    campaign_id TEXT    REFERENCES campaigns,
    PRIMARY KEY (session_id, event)
) STRICT, WITHOUT ROWID;

-- Keywords bought at a search engine, month by month, for the ten cities; the whole company, not the sample.
-- 在搜索引擎投放的关键词，按月；为公司整体数据，非样本。
CREATE TABLE keywords (
    month       TEXT    NOT NULL,
    keyword     TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    impressions INTEGER NOT NULL,
    clicks      INTEGER NOT NULL,
    orders      INTEGER NOT NULL,
    cost        REAL    NOT NULL,
    PRIMARY KEY (month, keyword)
) STRICT, WITHOUT ROWID;

-- What the company published on social media.
-- 公司在社交媒体发布的内容。
CREATE TABLE posts (
    post_id     TEXT    PRIMARY KEY NOT NULL,
    at          TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    impressions INTEGER NOT NULL,
    likes       INTEGER NOT NULL,
    shares      INTEGER NOT NULL,
    comments    INTEGER NOT NULL
) STRICT;

-- ------------------------------------------------------------------------------------------------
-- Service 服务

-- Contacts between the carrier and its customers on any channel, one row each; campaign messages stand in sends.
-- 公司与客户在各渠道的每一次往来，一次一行；活动群发信息另见 sends。
CREATE TABLE interactions (
    interaction_id TEXT    PRIMARY KEY NOT NULL,
    customer_id    TEXT    NOT NULL REFERENCES customers,
    waybill_no     TEXT    REFERENCES shipments,
    at             TEXT    NOT NULL,
    channel        TEXT    NOT NULL REFERENCES channels,
    direction      TEXT    NOT NULL,
    purpose        TEXT    NOT NULL,
    need_type      TEXT,
    urgency        TEXT,
    agent_id       TEXT    REFERENCES agents,
    first_reply_s  INTEGER,
    feedback_at    TEXT,
    resolved       INTEGER NOT NULL CHECK (resolved IN (0, 1))
) STRICT;

-- Calls to the call centre on one day of every month, all calls of that day. They come from the whole network, not only from the customers sampled, so no customer is named.
-- 呼叫中心每月抽取一天的全部来电。来电来自全网，不限于样本客户，因此不含客户编号。
CREATE TABLE calls (
    call_id      TEXT    PRIMARY KEY NOT NULL,
    at           TEXT    NOT NULL,
    queue        TEXT    NOT NULL,
    on_duty      INTEGER NOT NULL,
    wait_s       INTEGER NOT NULL,
    talk_s       INTEGER,
    abandoned    INTEGER NOT NULL CHECK (abandoned IN (0, 1)),
    agent_id     TEXT    REFERENCES agents,
    survey_score INTEGER
) STRICT;

-- Every complaint and suggestion that reached the service desk, one row each, as known when the data end.
-- 客服收到的每一件投诉和建议，一件一行，状态截至数据末日。
CREATE TABLE complaints (
    complaint_id      TEXT    PRIMARY KEY NOT NULL,
    customer_id       TEXT    NOT NULL REFERENCES customers,
    waybill_no        TEXT    REFERENCES shipments,
    received_at       TEXT    NOT NULL,
    channel           TEXT    NOT NULL REFERENCES channels,
    text_code         TEXT    NOT NULL,
    category          TEXT    NOT NULL,
    is_suggestion     INTEGER NOT NULL CHECK (is_suggestion IN (0, 1)),
    contact           TEXT,
    priority          TEXT    NOT NULL,
    agent_id          TEXT    NOT NULL REFERENCES agents,
    claim             REAL    NOT NULL,
    first_response_at TEXT,
    confirmed_at      TEXT,
    apologised_at     TEXT,
    closed_at         TEXT,
    responsible_dept  TEXT,
    root_cause        TEXT,
    compensation      REAL,
    compensation_kind TEXT,
    satisfaction      INTEGER,
    reopened          INTEGER NOT NULL CHECK (reopened IN (0, 1)),
    row_version       INTEGER NOT NULL DEFAULT 1
) STRICT;

-- The log of every complaint: one row per step taken. A step that was left out has no row.
-- 每件投诉的处理日志，每完成一步一行；漏掉的步骤没有记录。
CREATE TABLE complaint_steps (
    complaint_id TEXT    NOT NULL REFERENCES complaints,
    seq          INTEGER NOT NULL,
    step         TEXT    NOT NULL,
    at           TEXT    NOT NULL,
    agent_id     TEXT    REFERENCES agents,
    dept         TEXT    NOT NULL,
    passed_at    TEXT,
    taken_at     TEXT,
    note_code    TEXT,
    PRIMARY KEY (complaint_id, seq)
) STRICT, WITHOUT ROWID;

-- Tickets of the after-sales desk: goods that recipients of firms' parcels send back, repairs of devices that we lend, questions, complaints passed on. One row each, as known when the data end.
-- 售后工单：企业客户的收件人退换货、租用设备报修、使用咨询和转来的投诉，一单一行，状态截至数据末日。
CREATE TABLE after_sales (
    ticket_id     TEXT    PRIMARY KEY NOT NULL,
    customer_id   TEXT    NOT NULL REFERENCES customers,
    waybill_no    TEXT    REFERENCES shipments,
    type          TEXT    NOT NULL,
    channel       TEXT    NOT NULL REFERENCES channels,
    raised_at     TEXT    NOT NULL,
    sorted_as     TEXT    NOT NULL,
    agent_id      TEXT    NOT NULL REFERENCES agents,
    cause         TEXT    NOT NULL,
    condition     TEXT,
    amount        REAL,
    eligible      INTEGER CHECK (eligible IN (0, 1)),
    authorised_at TEXT,
    refunded_at   TEXT,
    solved_at     TEXT,
    followed_at   TEXT,
    rating        INTEGER,
    row_version   INTEGER NOT NULL DEFAULT 1
) STRICT;

-- ------------------------------------------------------------------------------------------------
-- Surveys 调查

-- Who was drawn for the quarterly survey, and whether they answered.
-- 每季度抽中的调查对象及其是否答复。
CREATE TABLE survey_invitations (
    resp_id     TEXT    PRIMARY KEY NOT NULL,
    customer_id TEXT    NOT NULL REFERENCES customers,
    wave        TEXT    NOT NULL,
    mode        TEXT    NOT NULL,
    invited_on  TEXT    NOT NULL,
    answered    INTEGER NOT NULL CHECK (answered IN (0, 1))
) STRICT;

-- Answers to the quarterly survey.
-- 每季度满意度调查的答复。
CREATE TABLE surveys (
    resp_id               TEXT    PRIMARY KEY NOT NULL REFERENCES survey_invitations,
    customer_id           TEXT    NOT NULL REFERENCES customers,
    wave                  TEXT    NOT NULL,
    mode                  TEXT    NOT NULL,
    answered_on           TEXT    NOT NULL,
    importance_price      INTEGER NOT NULL,
    importance_service    INTEGER NOT NULL,
    importance_time       INTEGER NOT NULL,
    importance_reputation INTEGER NOT NULL,
    importance_custom     INTEGER NOT NULL,
    overall               INTEGER NOT NULL,
    score_quality         INTEGER NOT NULL,
    score_price           INTEGER NOT NULL,
    score_speed           INTEGER NOT NULL,
    score_after_sales     INTEGER NOT NULL,
    repurchase_intent     INTEGER NOT NULL,
    identify              INTEGER NOT NULL,
    recommend_0_10        INTEGER NOT NULL,
    rival_interest        INTEGER NOT NULL,
    expect_desired        INTEGER NOT NULL,
    expect_adequate       INTEGER NOT NULL,
    perceived             INTEGER NOT NULL,
    benefit_product       INTEGER NOT NULL,
    benefit_service       INTEGER NOT NULL,
    benefit_staff         INTEGER NOT NULL,
    benefit_image         INTEGER NOT NULL,
    cost_money            INTEGER NOT NULL,
    cost_time             INTEGER NOT NULL,
    cost_effort           INTEGER NOT NULL,
    cost_worry            INTEGER NOT NULL,
    willing_price         REAL    NOT NULL,
    budget                REAL    NOT NULL,
    comment_code          TEXT
) STRICT;

-- ------------------------------------------------------------------------------------------------
-- Indexes: what is looked up often 索引：常按这些列查找

CREATE INDEX customers_name ON customers (name);
CREATE INDEX customers_phone ON customers (phone);
CREATE INDEX customers_referrer_id ON customers (referrer_id);
CREATE INDEX contacts_customer_id ON contacts (customer_id);
CREATE INDEX contacts_lead_id ON contacts (lead_id);
CREATE INDEX contacts_name ON contacts (name);
CREATE INDEX contacts_phone ON contacts (phone);
CREATE INDEX leads_name ON leads (name);
CREATE INDEX leads_customer_id ON leads (customer_id);
CREATE INDEX leads_referrer_id ON leads (referrer_id);
CREATE INDEX deals_lead_id ON deals (lead_id);
CREATE INDEX deals_customer_id ON deals (customer_id);
CREATE INDEX deals_stage ON deals (stage);
-- Holds all that facts about a customer's parcels are made of, so that the table itself isn't read.
-- 含客户寄件情况所需的全部列，统计时无须再读原表。
CREATE INDEX shipments_customer_id
    ON shipments (customer_id, accepted_at, promised_at, delivered_at, fee, lost, damaged);
CREATE INDEX shipments_accepted_at ON shipments (accepted_at);
CREATE INDEX shipments_promised_at ON shipments (promised_at);
CREATE INDEX orders_waybill_no ON orders (waybill_no);
CREATE INDEX orders_customer_id ON orders (customer_id);
CREATE INDEX orders_placed_at ON orders (placed_at);
CREATE INDEX invoices_customer_id ON invoices (customer_id);
CREATE INDEX invoices_due_on ON invoices (due_on);
CREATE INDEX points_customer_id ON points (customer_id);
CREATE INDEX sends_campaign_id ON sends (campaign_id);
CREATE INDEX sends_customer_id ON sends (customer_id);
CREATE INDEX web_events_visitor_id ON web_events (visitor_id);
CREATE INDEX web_events_customer_id ON web_events (customer_id);
CREATE INDEX web_events_at ON web_events (at);
CREATE INDEX interactions_customer_id ON interactions (customer_id);
CREATE INDEX interactions_waybill_no ON interactions (waybill_no);
CREATE INDEX interactions_at ON interactions (at);
CREATE INDEX calls_at ON calls (at);
CREATE INDEX complaints_customer_id ON complaints (customer_id);
CREATE INDEX complaints_waybill_no ON complaints (waybill_no);
CREATE INDEX complaints_received_at ON complaints (received_at);
CREATE INDEX after_sales_customer_id ON after_sales (customer_id);
CREATE INDEX after_sales_waybill_no ON after_sales (waybill_no);
CREATE INDEX survey_invitations_customer_id ON survey_invitations (customer_id);
CREATE INDEX surveys_customer_id ON surveys (customer_id);
CREATE INDEX sends_opted_out ON sends (customer_id, sent_at) WHERE opted_out = 1;
