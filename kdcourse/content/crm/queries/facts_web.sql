-- Facts from website and app, of those alone who had agreed to profiling by :as_of.
-- 网站与应用的情况，仅限截至 :as_of 同意画像分析的客户。
SELECT w.customer_id,
       count(DISTINCT w.session_id) AS visits_30d,
       count(DISTINCT w.session_id) FILTER (WHERE w.event = 'quote') AS quotes_30d
FROM main.web_events AS w
JOIN main.consents AS c ON c.customer_id = w.customer_id AND c.purpose = 'profiling'
WHERE w.at >= date(:as_of, '-29 days') AND w.at < date(:as_of, '+1 day')
  AND c.given_on <= :as_of AND (c.withdrawn_on IS NULL OR c.withdrawn_on > :as_of)
GROUP BY w.customer_id
