-- Facts from complaints up to the end of :as_of; suggestions are none.
-- 截至 :as_of 的投诉情况，建议不计。
SELECT customer_id,
       count(*) FILTER (WHERE received_at >= date(:as_of, '-89 days')) AS complaints_90d,
       count(*) FILTER (WHERE closed_at IS NULL OR closed_at >= date(:as_of, '+1 day'))
           AS complaints_open
FROM main.complaints
WHERE received_at < date(:as_of, '+1 day') AND is_suggestion = 0
GROUP BY customer_id
