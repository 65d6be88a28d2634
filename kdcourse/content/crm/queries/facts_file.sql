-- Facts from the customer file, as of the end of the day :as_of.
-- Who was forgotten gets no tag, comes into no flow and is written to by no rule.
-- 客户档案中的情况，截至 :as_of 当日结束。已匿名的客户不再贴标签，不进流程，也不再触发规则。
SELECT customer_id,
       market_type AS market,
       legal_kind,
       city,
       CAST(julianday(:as_of) - julianday(created_on) AS INTEGER) AS days_known,
       coalesce(member_since <= :as_of, 0) AS is_member
FROM main.customers
WHERE created_on <= :as_of AND name <> '(anonymised 已匿名)'
