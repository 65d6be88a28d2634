-- How often each customer was written to in the seven days that end with :day: campaigns, rules and
-- flows alike, but no news of their own parcels.
-- 截至当日七天内各客户收到的营销信息数，包括活动、规则与流程，不含客户自己快件的通知。
SELECT customer_id, count(*) AS messages FROM (
    SELECT customer_id FROM main.sends
    WHERE sent_at >= date(:day, '-6 days') AND sent_at < date(:day, '+1 day')
    UNION ALL
    SELECT customer_id FROM main.outbox
    WHERE queued_on BETWEEN date(:day, '-6 days') AND :day AND state NOT IN ('stopped', 'failed')
      AND purpose <> 'service'
)
GROUP BY customer_id
