-- The desks' own tables: what sales, service and marketing write beside the carrier's records.
-- 各工作台自己的表：销售、客服、营销在公司记录之外写下的内容。

-- What the complaint desk keeps of a case beside complaints and complaint_steps. A case from before
-- the CRM has no row until it is touched; it was worked by seven steps. Its text is text_code there,
-- content here (then text_code is T00).
-- 投诉台在 complaints、complaint_steps 之外保存的内容。CRM 启用前的投诉在首次处理前没有记录，均按七步处理；
-- 其原话见 text_code，新受理的见 content（此时 text_code 为 T00）。
CREATE TABLE complaint_cases (
    complaint_id TEXT    PRIMARY KEY NOT NULL REFERENCES complaints,
    process      TEXT    NOT NULL CHECK (process IN ('seven', 'five')),
    content      TEXT    NOT NULL DEFAULT '',
    offer_kind   TEXT,
    offer        REAL    CHECK (offer >= 0),
    approved     REAL    CHECK (approved >= 0),
    approved_by  TEXT,
    agreed       INTEGER CHECK (agreed IN (0, 1)),
    satisfied    INTEGER CHECK (satisfied IN (0, 1)),
    row_version  INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Every passing of a case from one department to another, after which step of it (seq); taken_at is
-- empty while nobody has taken it up.
-- 投诉在部门之间的每一次转交，以及发生在第几步（seq）之后；尚无人接手的 taken_at 为空。
CREATE TABLE hand_overs (
    complaint_id TEXT    NOT NULL REFERENCES complaints,
    no           INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    from_dept    TEXT    NOT NULL,
    to_dept      TEXT    NOT NULL,
    why          TEXT    NOT NULL,
    passed_at    TEXT    NOT NULL,
    passed_by    TEXT    NOT NULL,
    taken_at     TEXT,
    taken_by     TEXT,
    PRIMARY KEY (complaint_id, no),
    CHECK ((taken_at IS NULL) = (taken_by IS NULL))
) STRICT, WITHOUT ROWID;

-- Each time the customers were graded: by which model, with which weights and cuts. A run that was
-- only tried has adopted 0; of the others the one with the highest number counts.
-- 每一次客户分级：所用模型、权重与分档线。adopted 为 0 表示仅试算；其余以数字最大的一次为准。
CREATE TABLE grade_runs (
    run_id  INTEGER PRIMARY KEY,
    as_of   TEXT    NOT NULL,
    model   TEXT    NOT NULL,
    weights TEXT    NOT NULL,
    cuts    TEXT    NOT NULL,
    adopted INTEGER NOT NULL DEFAULT 0,
    ran_by  TEXT    NOT NULL
) STRICT;

-- The grade of each customer in each run; parts is JSON, measure -> [value, rank], from which the score follows.
-- 每次分级中每位客户的得分与等级；parts 为 JSON：指标 -> [数值, 排名]，得分由此算出。
CREATE TABLE grades (
    run_id      INTEGER NOT NULL REFERENCES grade_runs,
    customer_id TEXT    NOT NULL REFERENCES customers,
    score       REAL    NOT NULL,
    grade       TEXT    NOT NULL,
    parts       TEXT    NOT NULL,
    PRIMARY KEY (run_id, customer_id)
) STRICT, WITHOUT ROWID;

-- The grades that count now: of the run that was adopted last.
-- 当前有效的等级：最近一次被采用的分级。
CREATE VIEW current_grades AS
SELECT customer_id, score, grade
FROM grades
WHERE run_id = (SELECT run_id FROM grade_runs WHERE adopted > 0 ORDER BY adopted DESC LIMIT 1);

-- Order in which a day's parcels were sorted, and whether each still arrives as promised.
-- 一天内快件的分拣次序，以及能否按承诺送达。
CREATE TABLE dispatches (
    day         TEXT    NOT NULL,
    waybill_no  TEXT    NOT NULL REFERENCES shipments,
    policy      TEXT    NOT NULL,
    place       INTEGER NOT NULL,
    grade       TEXT,
    sorted_at   TEXT    NOT NULL,
    expected_at TEXT    NOT NULL,
    promised_at TEXT    NOT NULL,
    in_time     INTEGER NOT NULL CHECK (in_time IN (0, 1)),
    PRIMARY KEY (day, policy, waybill_no)
) STRICT, WITHOUT ROWID;

-- Rules that write to customers on their own; text as in content/crm/automation.toml.
-- 自动营销规则，文本格式见 content/crm/automation.toml。
CREATE TABLE automation_rules (
    rule     TEXT    PRIMARY KEY NOT NULL,
    text     TEXT    NOT NULL,
    is_on    INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    saved_at TEXT    NOT NULL,
    saved_by TEXT    NOT NULL
) STRICT;

-- What the rules did: every message, and every customer who was left out, with the reason.
-- 规则的执行日志：发出的每条信息，以及未发送的客户和原因。
CREATE TABLE automation_log (
    run_on      TEXT NOT NULL,
    rule        TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers,
    action      TEXT NOT NULL,
    channel     TEXT NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('sent', 'no_consent', 'no_address', 'paused', 'cap')),
    PRIMARY KEY (rule, customer_id, run_on)
) STRICT, WITHOUT ROWID;

-- Parcels that are likely to be complained of, each once, with what was done about it.
-- 可能引发投诉的快件预警，一件一次，以及采取的行动。
CREATE TABLE alerts (
    waybill_no  TEXT    PRIMARY KEY NOT NULL REFERENCES shipments,
    customer_id TEXT    NOT NULL REFERENCES customers,
    raised_on   TEXT    NOT NULL,
    score       INTEGER NOT NULL,
    signals     TEXT    NOT NULL,
    action      TEXT,
    acted_at    TEXT,
    acted_by    TEXT
) STRICT;

CREATE INDEX complaints_open ON complaints (agent_id) WHERE closed_at IS NULL;
CREATE INDEX shipments_delivered_at ON shipments (delivered_at);
CREATE INDEX grades_customer_id ON grades (customer_id);
CREATE INDEX automation_log_customer_id ON automation_log (customer_id, run_on);
CREATE INDEX alerts_customer_id ON alerts (customer_id);
CREATE INDEX alerts_raised_on ON alerts (raised_on);
