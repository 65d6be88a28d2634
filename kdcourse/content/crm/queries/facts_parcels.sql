-- Facts from the parcels of the 365 days that end with :as_of.
-- 截至 :as_of 的 365 天内寄件的情况。
SELECT customer_id,
       count(*) FILTER (WHERE accepted_at >= date(:as_of, '-29 days')) AS parcels_30d,
       count(*) FILTER (WHERE accepted_at >= date(:as_of, '-89 days')) AS parcels_90d,
       count(*) FILTER (WHERE accepted_at >= date(:as_of, '-179 days')
                          AND accepted_at < date(:as_of, '-89 days')) AS parcels_before,
       count(*) AS parcels_year,
       round(total(fee) FILTER (WHERE accepted_at >= date(:as_of, '-89 days')), 2) AS revenue_90d,
       round(total(fee), 2) AS revenue_year,
       -- Late is what came after its time, or hasn't come though its time is over.
       -- 超时：晚于承诺送达，或到期仍未送达。
       avg(delivered_at IS NULL OR delivered_at > promised_at OR delivered_at >= date(:as_of, '+1 day'))
           FILTER (WHERE promised_at >= date(:as_of, '-89 days')
                     AND promised_at < date(:as_of, '+1 day')) AS late_share_90d,
       sum(lost OR damaged) AS spoilt_year
FROM main.shipments
WHERE accepted_at >= date(:as_of, '-364 days') AND accepted_at < date(:as_of, '+1 day')
GROUP BY customer_id
