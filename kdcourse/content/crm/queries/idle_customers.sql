-- Customers without a parcel, and without a new account, since a date.
-- 自某日起既没有寄件也不是新开户的客户。
SELECT c.customer_id
FROM main.customers AS c
WHERE c.name <> :anonymous
  AND c.created_on < date(:today, :ago)
  AND NOT EXISTS (SELECT 1 FROM main.shipments AS s
                  WHERE s.customer_id = c.customer_id AND s.accepted_at >= date(:today, :ago))
ORDER BY c.customer_id
