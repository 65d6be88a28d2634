-- Every rule that a tag ever had.
-- 各标签规则的全部版本。
SELECT tag, version, dimension, rule, saved_at, saved_by
FROM tags
ORDER BY tag, version
