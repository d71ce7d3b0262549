from pyflink.datastream import StreamExecutionEnvironment
from pyflink.common.serialization import SimpleStringSchema
# Create execution environment
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(4)
# Create DataStream from Kafka
stream = env.from_source(
    kafka_source,
    WatermarkStrategy.no_watermarks(),
    "Kafka Source"
)
# Basic transformations
result = stream \
    .map(lambda x: json.loads(x)) \
    .filter(lambda x: x['event_type'] == 'purchase') \
    .map(lambda x: (x['user_id'], x['amount']))
# Execute the job
env.execute("Event Processing Job")
