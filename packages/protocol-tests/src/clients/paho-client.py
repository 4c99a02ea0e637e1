"""One paho-mqtt client, played by paho.test.ts: commands as JSON lines on stdin, answers and messages as JSON on stdout."""

import json
import ssl
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PROTOCOLS = {3: mqtt.MQTTv31, 4: mqtt.MQTTv311, 5: mqtt.MQTTv5}
# paho's names of the properties that the tests use, by ours
NAMES = {
    "responseTopic": "ResponseTopic",
    "correlationData": "CorrelationData",
    "contentType": "ContentType",
    "payloadFormat": "PayloadFormatIndicator",
    "userProperties": "UserProperty",
    "messageExpiryInterval": "MessageExpiryInterval",
    "sessionExpiryInterval": "SessionExpiryInterval",
    "subscriptionIdentifier": "SubscriptionIdentifier",
    "willDelayInterval": "WillDelayInterval",
}
writing = threading.Lock()


def say(**what):
    with writing:
        print(json.dumps(what), flush=True)


def to_properties(packet_type, given):
    if not given:
        return None
    properties = Properties(packet_type)
    for name, value in given.items():
        if name == "correlationData":
            value = value.encode()
        if name == "userProperties":
            value = [tuple(pair) for pair in value]
        setattr(properties, NAMES[name], value)
    return properties


def from_properties(properties):
    found = {}
    for name, theirs in NAMES.items():
        if properties is not None and hasattr(properties, theirs):
            value = getattr(properties, theirs)
            found[name] = value.decode() if isinstance(value, bytes) else value
    return found


def code_of(reason):
    return getattr(reason, "value", reason)


class Client:
    def __init__(self, version, way, where, client_id="", clean=True, properties=None, will=None, authority=None):
        self.version = version
        self.properties = properties
        self.clean = clean
        self.where = where
        arguments = {} if version == 5 else {"clean_session": clean}
        transport = "websockets" if way in ("ws", "wss") else "tcp"
        self.client = mqtt.Client(client_id, protocol=PROTOCOLS[version], transport=transport, **arguments)
        if transport == "websockets":
            self.client.ws_set_options(path="/mqtt")
        if way in ("tls", "wss"):
            self.client.tls_set(ca_certs=authority, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        if will is not None:
            given = to_properties(PacketTypes.WILLMESSAGE, will.get("properties"))
            self.client.will_set(will["topic"], will["payload"], will["qos"], will["retain"], properties=given)
        self.client.on_message = self.on_message
        self.client.on_publish = lambda _client, _data, mid: say(event="published", mid=mid)
        if version == 5:
            self.client.on_connect = lambda _c, _d, flags, reason, _p: self.on_connect(flags, reason)
            self.client.on_subscribe = lambda _c, _d, _mid, codes, _p: self.on_subscribe(codes)
            self.client.on_disconnect = lambda _c, _d, reason, _p=None: say(event="disconnected", code=code_of(reason))
        else:
            self.client.on_connect = lambda _c, _d, flags, reason: self.on_connect(flags, reason)
            self.client.on_subscribe = lambda _c, _d, _mid, codes: self.on_subscribe(codes)
            self.client.on_disconnect = lambda _c, _d, reason: say(event="disconnected", code=reason)

    def connect(self):
        arguments = {}
        if self.version == 5:
            arguments["clean_start"] = self.clean
            arguments["properties"] = to_properties(PacketTypes.CONNECT, self.properties)
        self.client.connect("127.0.0.1", self.where, 60, **arguments)
        self.client.loop_start()

    def on_connect(self, flags, reason):
        say(event="connected", code=code_of(reason), sessionPresent=flags["session present"] == 1)

    def on_subscribe(self, codes):
        say(event="subscribed", codes=[code_of(code) for code in codes])

    def on_message(self, _client, _data, message):
        properties = from_properties(getattr(message, "properties", None))
        topic, text = message.topic, message.payload.decode()
        say(event="message", topic=topic, text=text, qos=message.qos, retain=bool(message.retain), properties=properties)

    def subscribe(self, filter, qos, properties=None):
        if self.version == 5:
            self.client.subscribe(filter, qos, properties=to_properties(PacketTypes.SUBSCRIBE, properties))
        else:
            self.client.subscribe(filter, qos)

    def publish(self, topic, text, qos=0, retain=False, properties=None):
        given = to_properties(PacketTypes.PUBLISH, properties)
        self.client.publish(topic, text, qos, retain, properties=given)

    def disconnect(self):
        self.client.disconnect()


client = Client(**json.loads(sys.argv[1]))
client.connect()
for line in sys.stdin:
    command = json.loads(line)
    getattr(client, command.pop("do"))(**command)
