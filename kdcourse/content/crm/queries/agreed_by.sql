-- Who had agreed to :purpose by :day. What the contract needs (no row in consents has it) needs none.
-- 截至 :day 已同意 :purpose 的客户；履行合同所必需的用途不需要同意。
SELECT customer_id FROM main.consents
WHERE purpose = :purpose AND given_on <= :day AND (withdrawn_on IS NULL OR withdrawn_on > :day)
UNION
SELECT customer_id FROM main.customers
WHERE :purpose NOT IN ('marketing', 'survey', 'profiling') AND created_on <= :day
