-- What grading looks at, one row a customer, over :days days up to and with :as_of. 分级所用的指标。
-- A rank runs from 0 to 100: where high is good, the share of the others who have less; where low is
-- good, 100 minus the share of the others who have less. Equal values have equal ranks.
-- rank_ 开头的列为排名，0 到 100：越高越好的指标，取其余客户中低于他的比例；越低越好的指标，用 100 减去该比例。
-- 相同值排名相同。
SELECT customer_id, parcels, revenue, days_silent, tenure_days, overdue,
       100 * percent_rank() OVER (ORDER BY parcels) AS rank_parcels,
       100 * percent_rank() OVER (ORDER BY revenue) AS rank_revenue,
       100 - 100 * percent_rank() OVER (ORDER BY days_silent) AS rank_days_silent,
       100 * percent_rank() OVER (ORDER BY tenure_days) AS rank_tenure_days,
       100 - 100 * percent_rank() OVER (ORDER BY overdue) AS rank_overdue
FROM (
    SELECT c.customer_id,
           count(s.fee) AS parcels,
           round(coalesce(sum(s.fee), 0), 2) AS revenue,
           CAST(julianday(:as_of) - julianday(date(coalesce(max(s.accepted_at), c.created_on)))
                AS INTEGER) AS days_silent,
           CAST(julianday(:as_of) - julianday(c.created_on) AS INTEGER) AS tenure_days,
           coalesce((SELECT round(sum(i.amount - i.refund_amount), 2) FROM invoices AS i
                     WHERE i.customer_id = c.customer_id AND i.due_on < :as_of
                       AND (i.paid_on IS NULL OR i.paid_on > :as_of)), 0) AS overdue
    FROM customers AS c
    LEFT JOIN shipments AS s ON s.customer_id = c.customer_id
        AND s.accepted_at >= date(:as_of, '-' || (:days - 1) || ' days')
        AND s.accepted_at < date(:as_of, '+1 day')
    WHERE c.created_on <= :as_of
    GROUP BY c.customer_id
)
