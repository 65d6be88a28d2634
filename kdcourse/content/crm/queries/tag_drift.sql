-- Two runs of the tags, :first and :second, side by side.
-- 两次贴标签结果的对比：:first 与 :second。
WITH moved AS (
    SELECT tag,
           sum(in_first) AS before,
           sum(in_second) AS after,
           sum(in_first AND in_second) AS stayed
    FROM (SELECT tag, customer_id,
                 max(run_id = :first) AS in_first, max(run_id = :second) AS in_second
          FROM customer_tags
          WHERE run_id IN (:first, :second)
          GROUP BY tag, customer_id)
    GROUP BY tag
)
SELECT tag,
       coalesce(m.before, 0) AS before,
       coalesce(m.after, 0) AS after,
       coalesce(m.stayed, 0) AS stayed,
       coalesce(m.after - m.stayed, 0) AS joined,
       coalesce(m.before - m.stayed, 0) AS left,
       round(1.0 * m.stayed / (m.before + m.after - m.stayed), 4) AS overlap,
       count(DISTINCT c.version) = 1 AND count(*) = 2 AS same_rule
FROM tag_counts AS c
LEFT JOIN moved AS m USING (tag)
WHERE c.run_id IN (:first, :second)
GROUP BY tag
ORDER BY tag
