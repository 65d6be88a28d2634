-- The CRM's own tables: who did what and when, what is kept beside the carrier's records.
-- CRM 自己的表：谁在何时做了什么，以及公司记录之外要保存的内容。

-- What holds for the whole file: the CRM's date, the world it was made from.
-- 整个文件的设定：CRM 的当前日期、所用的模拟世界。
CREATE TABLE settings (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;

-- Notes on a customer, shared by all who look after them.
-- 客户备注，由所有经办人共用。
CREATE TABLE notes (
    note_id     INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    at          TEXT NOT NULL,
    user        TEXT NOT NULL,
    text        TEXT NOT NULL
) STRICT;

-- Every edit of a record: the column, what it held and what it holds now.
-- 每一次修改：改了哪一列，原值与新值。
CREATE TABLE changes (
    change_id  INTEGER PRIMARY KEY,
    table_name TEXT NOT NULL,
    key        TEXT NOT NULL,
    column     TEXT NOT NULL,
    old        TEXT,
    new        TEXT,
    at         TEXT NOT NULL,
    user       TEXT NOT NULL
) STRICT;

-- Who was refused what, and who looked at protected data and why.
-- 访问日志：谁的什么操作被拒绝，谁因何查看了受保护的数据。
CREATE TABLE access_log (
    log_id     INTEGER PRIMARY KEY,
    at         TEXT NOT NULL,
    user       TEXT NOT NULL,
    role       TEXT NOT NULL,
    action     TEXT NOT NULL,
    table_name TEXT NOT NULL,
    allowed    INTEGER NOT NULL CHECK (allowed IN (0, 1)),
    detail     TEXT NOT NULL DEFAULT ''
) STRICT;

-- Consent as it was given and taken back, step by step; consents holds how it stands.
-- 同意与撤回的逐次记录；当前状态见 consents。
CREATE TABLE consent_log (
    entry_id    INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    purpose     TEXT NOT NULL,
    scope       TEXT NOT NULL,
    manner      TEXT NOT NULL,
    action      TEXT NOT NULL CHECK (action IN ('given', 'withdrawn')),
    at          TEXT NOT NULL,
    user        TEXT NOT NULL
) STRICT;

-- Bank accounts for refunds, encrypted; the key lies outside of this file.
-- 退款用的银行账号，加密保存；密钥不在本文件里。
CREATE TABLE payout_accounts (
    customer_id TEXT PRIMARY KEY NOT NULL REFERENCES customers,
    account     BLOB NOT NULL,
    noted_at    TEXT NOT NULL,
    user        TEXT NOT NULL
) STRICT;

-- Files that were imported, each once.
-- 已导入的文件，每个文件只导入一次。
CREATE TABLE imports (
    import_id INTEGER PRIMARY KEY,
    file      TEXT NOT NULL,
    digest    TEXT NOT NULL UNIQUE,
    at        TEXT NOT NULL,
    user      TEXT NOT NULL,
    added     INTEGER NOT NULL,
    merged    INTEGER NOT NULL,
    left_out  INTEGER NOT NULL
) STRICT;

CREATE INDEX notes_customer_id ON notes (customer_id);
CREATE INDEX changes_key ON changes (table_name, key);
CREATE INDEX consent_log_customer_id ON consent_log (customer_id);
