-- Parcels accepted on :day, with the grade and the hours they usually take after sorting.
-- 当日收寄的快件、客户等级，以及分拣之后通常还需的小时数。
SELECT s.waybill_no, s.customer_id, coalesce(g.grade, 'ungraded') AS grade, s.product_id,
       s.accepted_at, s.promised_at,
       (SELECT sum(t.usual_hours) FROM standards AS t
        WHERE t.product_id = s.product_id AND t.step > 2) AS hours_after
FROM shipments AS s LEFT JOIN current_grades AS g ON g.customer_id = s.customer_id
WHERE s.accepted_at >= :day AND s.accepted_at < date(:day, '+1 day')
ORDER BY s.accepted_at, s.waybill_no
