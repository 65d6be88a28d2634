-- Devices with their visits from :since to :until since the last order. A device belongs to the customer
-- who has signed in on it; one whose customer didn't agree to profiling is left out.
-- 各设备在 :since 至 :until、最近一次下单之后的访问。登录过的设备归该客户；客户未同意画像的不列入。
WITH device AS (
    SELECT visitor_id, min(customer_id) AS customer_id
    FROM web_events
    WHERE at < date(:until, '+1 day')
    GROUP BY visitor_id
), visits AS (
    SELECT session_id, visitor_id, max(at) AS at,
           max(event = 'quote') AS quote, max(event = 'order_start') AS begun,
           max(event = 'pay') AS paid, max(page = 'offer') AS offer
    FROM web_events
    WHERE at >= :since AND at < date(:until, '+1 day')
    GROUP BY session_id
), ordered AS (
    SELECT visitor_id, max(at) AS at FROM visits WHERE paid GROUP BY visitor_id
)
SELECT v.visitor_id, d.customer_id,
       count(*) AS visits,
       sum(v.quote) AS quotes,
       sum(v.begun) AS given_up,
       sum(v.offer) AS offers,
       max(v.at) AS last_visit
FROM visits AS v
JOIN device AS d ON d.visitor_id = v.visitor_id
LEFT JOIN ordered AS o ON o.visitor_id = v.visitor_id
WHERE (o.at IS NULL OR v.at > o.at)
  AND (d.customer_id IS NULL OR EXISTS (
        SELECT 1 FROM consents AS c
        WHERE c.customer_id = d.customer_id AND c.purpose = 'profiling' AND c.given_on <= :until
          AND (c.withdrawn_on IS NULL OR c.withdrawn_on > :until)))
GROUP BY v.visitor_id
ORDER BY v.visitor_id
