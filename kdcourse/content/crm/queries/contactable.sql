-- Who may be written to or called for a purpose on a date, by any channel.
-- 在某日可以因某种用途联系的客户，不限渠道。
SELECT s.customer_id, s.scope,
       c.phone IS NOT NULL AS has_phone,
       c.email IS NOT NULL AS has_email,
       c.address IS NOT NULL AS has_address
FROM main.consents AS s
JOIN main.customers AS c ON c.customer_id = s.customer_id
WHERE s.purpose = :purpose
  AND s.given_on <= :today
  AND (s.withdrawn_on IS NULL OR s.withdrawn_on > :today)
  -- Who said "no more" to a message is heard at once, before the consent is marked as withdrawn.
  -- 客户在信息里回复退订，立即生效，不等同意状态更新。
  AND NOT (s.purpose = 'marketing' AND EXISTS (
        SELECT 1 FROM main.sends AS m
        WHERE m.customer_id = s.customer_id AND m.opted_out = 1 AND m.sent_at >= s.given_on))
