-- Calls by day, queue and hour, from :since to :until.
-- 按日、队列、小时汇总的来电。
SELECT date(at) AS day, queue, CAST(substr(at, 12, 2) AS INTEGER) AS hour,
       count(*) AS calls,
       sum(1 - abandoned) AS answered,
       sum(abandoned) AS abandoned,
       sum(abandoned = 0 AND wait_s <= :within_s) AS soon,
       total(wait_s) FILTER (WHERE abandoned = 0) AS waited_s,
       total(talk_s) AS talked_s,
       max(on_duty) AS on_duty,
       count(survey_score) AS rated,
       total(survey_score) AS points
FROM calls
WHERE at >= :since AND at < date(:until, '+1 day')
GROUP BY day, queue, hour
ORDER BY day, queue, hour
