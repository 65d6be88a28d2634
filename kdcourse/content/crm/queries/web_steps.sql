-- Every step of every visit in order, from :since to :until. Steps of one minute stand in the order of
-- the way to an order: viewed, clicked, price asked, order begun, order placed.
-- 每次访问的各个步骤，按先后排列；同一分钟内按“浏览、点击、询价、开始下单、下单成功”的次序。
SELECT session_id, at, event, page
FROM web_events
WHERE at >= :since AND at < date(:until, '+1 day')
ORDER BY session_id, at,
         CASE event WHEN 'view' THEN 1 WHEN 'click' THEN 2 WHEN 'quote' THEN 3
                    WHEN 'order_start' THEN 4 ELSE 5 END
