-- Tables of tags, flows, messages and surveys: what the CRM concludes about customers and says to them.
-- 标签、营销流程、待发信息与调查的表：CRM 对客户的归纳，以及向客户发出的内容。

-- Every version of every tag's rule. A rule that changes gets a new version; what an older one said stays known.
-- 每个标签规则的各个版本。规则一改即成新版本，旧版本的结果仍可查。
CREATE TABLE tags (
    tag       TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    dimension TEXT    NOT NULL,
    rule      TEXT    NOT NULL,
    saved_at  TEXT    NOT NULL,
    saved_by  TEXT    NOT NULL,
    PRIMARY KEY (tag, version)
) STRICT, WITHOUT ROWID;

-- Each time the tags were put on: from facts of which day, by whom.
-- 每一次贴标签：依据哪一天的情况，由谁执行。
CREATE TABLE tag_runs (
    run_id INTEGER PRIMARY KEY,
    as_of  TEXT NOT NULL,
    ran_at TEXT NOT NULL,
    ran_by TEXT NOT NULL
) STRICT;

-- Which version of each tag a run used, and how many customers got it.
-- 每次运行所用的标签版本及命中客户数。
CREATE TABLE tag_counts (
    run_id    INTEGER NOT NULL REFERENCES tag_runs,
    tag       TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    PRIMARY KEY (run_id, tag),
    FOREIGN KEY (tag, version) REFERENCES tags
) STRICT, WITHOUT ROWID;

-- Who got which tag in which run.
-- 每次运行中各标签命中的客户。
CREATE TABLE customer_tags (
    run_id      INTEGER NOT NULL REFERENCES tag_runs,
    tag         TEXT    NOT NULL,
    customer_id TEXT    NOT NULL REFERENCES customers,
    PRIMARY KEY (run_id, tag, customer_id)
) STRICT, WITHOUT ROWID;

-- Every version of every marketing flow; text as in content/crm/flows.toml. At most one version is on.
-- 营销流程的各个版本，文本格式见 content/crm/flows.toml。同一流程最多启用一个版本。
CREATE TABLE flows (
    flow     TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    text     TEXT    NOT NULL,
    is_on    INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    saved_at TEXT    NOT NULL,
    saved_by TEXT    NOT NULL,
    PRIMARY KEY (flow, version)
) STRICT, WITHOUT ROWID;

-- Who is or was in a flow: the step they stand at, and the day on which it is due. An empty due_on: they are out.
-- 进入流程的客户：当前步骤与到期日；due_on 为空表示已离开流程。
CREATE TABLE flow_people (
    flow        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    customer_id TEXT    NOT NULL REFERENCES customers,
    entered_on  TEXT    NOT NULL,
    step        TEXT    NOT NULL,
    due_on      TEXT,
    PRIMARY KEY (flow, customer_id, entered_on),
    FOREIGN KEY (flow, version) REFERENCES flows
) STRICT, WITHOUT ROWID;

-- Everything that flows did, step by step: who came in, waited, took which branch, was written to or held back.
-- 流程的逐步日志：谁进入、等待、走哪个分支、发送或未发送及原因。
CREATE TABLE flow_log (
    entry_id    INTEGER PRIMARY KEY,
    run_on      TEXT NOT NULL,
    flow        TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers,
    step        TEXT NOT NULL,
    outcome     TEXT NOT NULL
) STRICT;

-- Messages on their way to customers. Neither address nor name stands here: both are filled in on delivery.
-- 待发与已发信息。这里不存地址和姓名，投递时才填入。
CREATE TABLE outbox (
    message_id  INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    source      TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    channel     TEXT NOT NULL REFERENCES channels,
    subject     TEXT NOT NULL,
    body        TEXT NOT NULL,
    queued_on   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'stopped', 'failed')),
    reason      TEXT NOT NULL DEFAULT '',
    changed_at  TEXT NOT NULL
) STRICT;

-- Every version of every questionnaire; text as in content/crm/surveys.toml.
-- 问卷的各个版本，文本格式见 content/crm/surveys.toml。
CREATE TABLE questionnaires (
    questionnaire TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    text          TEXT    NOT NULL,
    saved_at      TEXT    NOT NULL,
    saved_by      TEXT    NOT NULL,
    PRIMARY KEY (questionnaire, version)
) STRICT, WITHOUT ROWID;

-- Answers to questionnaires that were fielded from the CRM, one row per item.
-- 由 CRM 发出的问卷的回答，每题一行。
CREATE TABLE survey_answers (
    resp_id       TEXT    NOT NULL REFERENCES survey_invitations,
    questionnaire TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    item          TEXT    NOT NULL,
    value         REAL    NOT NULL,
    answered_on   TEXT    NOT NULL,
    PRIMARY KEY (resp_id, item),
    FOREIGN KEY (questionnaire, version) REFERENCES questionnaires
) STRICT, WITHOUT ROWID;

-- What was decided after a survey: who does what about which item until when.
-- 调查之后的改进措施：谁在何时之前就哪一项做什么。
CREATE TABLE survey_actions (
    action_id INTEGER PRIMARY KEY,
    wave      TEXT NOT NULL,
    item      TEXT NOT NULL,
    action    TEXT NOT NULL,
    agent_id  TEXT NOT NULL REFERENCES agents,
    due_on    TEXT NOT NULL,
    done_on   TEXT
) STRICT;

CREATE INDEX customer_tags_customer_id ON customer_tags (customer_id);
CREATE INDEX flow_people_due_on ON flow_people (due_on);
CREATE INDEX flow_log_customer_id ON flow_log (customer_id);
CREATE INDEX outbox_customer_id ON outbox (customer_id, queued_on);
CREATE INDEX outbox_state ON outbox (state);
