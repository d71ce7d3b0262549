# Python DataStream API Windows
from pyflink.datastream.window import TumblingEventTimeWindows, SlidingEventTimeWindows, SessionWindows
from pyflink.common import Time
# Tumbling Window (non-overlapping)
tumbling = stream \
    .key_by(lambda x: x['user_id']) \
    .window(TumblingEventTimeWindows.of(Time.minutes(5))) \
    .reduce(lambda a, b: {
        'user_id': a['user_id'],
        'count': a['count'] + b['count'],
        'total': a['total'] + b['total']
    })
# Sliding Window (overlapping)
sliding = stream \
    .key_by(lambda x: x['product_id']) \
    .window(SlidingEventTimeWindows.of(
        Time.minutes(10), # window size
        Time.minutes(5) # slide interval
    )) \
    .aggregate(AverageAggregate())
# Session Window (gap-based)
session = stream \
    .key_by(lambda x: x['session_id']) \
    .window(SessionWindows.with_gap(Time.minutes(30))) \
    .process(SessionAnalyzer())
