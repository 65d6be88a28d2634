-- Facts from the customer file, as of the end of the day :as_of.
-- 客户档案中的情况，截至 :as_of 当日结束。
SELECT customer_id,
       market_type AS market,
       legal_kind,
       city,
       CAST(julianday(:as_of) - julianday(created_on) AS INTEGER) AS days_known,
       coalesce(member_since <= :as_of, 0) AS is_member
FROM main.customers
WHERE created_on <= :as_of
