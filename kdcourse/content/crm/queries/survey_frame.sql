-- Customers who have something to say about us now and weren't asked lately: the frame of a sample.
-- 抽样框：近期寄过件、且近期未被调查过的客户。
SELECT c.customer_id, c.market_type AS market, c.city, c.legal_kind
FROM customers AS c
WHERE EXISTS (SELECT 1 FROM shipments AS s WHERE s.customer_id = c.customer_id
              AND s.accepted_at >= date(:day, '-' || :active_days || ' days'))
  AND NOT EXISTS (SELECT 1 FROM survey_invitations AS i WHERE i.customer_id = c.customer_id
                  AND i.invited_on > date(:day, '-' || :rest_days || ' days'))
ORDER BY c.customer_id
