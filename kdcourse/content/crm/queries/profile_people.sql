-- Persons who agreed to profiling by :today, with what they told us and how they visit.
-- 截至 :today 同意画像的个人客户：登记的特征与访问方式。
SELECT p.customer_id, p.age, p.sex, p.interests,
       w.platform, w.channel, w.page, coalesce(w.visits, 0) AS visits, w.last_visit
FROM persons AS p
JOIN consents AS c ON c.customer_id = p.customer_id AND c.purpose = 'profiling'
LEFT JOIN (
    SELECT customer_id, count(DISTINCT session_id) AS visits, max(at) AS last_visit,
           -- What came up most often; of two alike, the first by name.
           -- 出现最多的一项；并列时取字母在前的。
           (SELECT platform FROM web_events AS x WHERE x.customer_id = e.customer_id
            GROUP BY platform ORDER BY count(*) DESC, platform LIMIT 1) AS platform,
           (SELECT channel FROM web_events AS x WHERE x.customer_id = e.customer_id
            GROUP BY channel ORDER BY count(*) DESC, channel LIMIT 1) AS channel,
           (SELECT page FROM web_events AS x WHERE x.customer_id = e.customer_id
              AND x.page IN ('prices', 'offer', 'track', 'help', 'home') AND x.event = 'view'
            GROUP BY page ORDER BY count(*) DESC, page LIMIT 1) AS page
    FROM web_events AS e
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
) AS w ON w.customer_id = p.customer_id
WHERE c.given_on <= :today AND (c.withdrawn_on IS NULL OR c.withdrawn_on > :today)
  AND (:id = '' OR p.customer_id = :id)
ORDER BY p.customer_id
