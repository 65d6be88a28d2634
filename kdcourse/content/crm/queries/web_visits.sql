-- One row per visit: how far it came, from :since to :until.
-- 每次访问一行：走到了哪一步。
SELECT session_id,
       min(visitor_id) AS visitor_id,
       max(customer_id) AS customer_id,
       min(at) AS at,
       min(platform) AS platform,
       min(channel) AS channel,
       coalesce(max(campaign_id), '') AS campaign,
       max(CASE event WHEN 'view' THEN 1 WHEN 'click' THEN 2 WHEN 'quote' THEN 3
                      WHEN 'order_start' THEN 4 ELSE 5 END) AS reached
FROM web_events
WHERE at >= :since AND at < date(:until, '+1 day')
GROUP BY session_id
ORDER BY session_id
