-- The present rule of every tag.
-- 各标签的现行规则。
SELECT tag, max(version) AS version, dimension, rule, saved_at, saved_by
FROM tags
GROUP BY tag
ORDER BY tag
