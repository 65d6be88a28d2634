-- Days since a customer last sent a parcel, without one since the account was opened.
-- 距客户最近一次寄件的天数；从未寄件则自开户起算。
SELECT c.customer_id,
       CAST(julianday(:as_of) - julianday(date(coalesce(
           (SELECT max(accepted_at) FROM main.shipments AS s
            WHERE s.customer_id = c.customer_id AND s.accepted_at < date(:as_of, '+1 day')),
           c.created_on))) AS INTEGER) AS days_silent
FROM main.customers AS c
WHERE c.created_on <= :as_of
