package train

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// A TensorBoard event file is a TFRecord stream: uint64 length, masked crc32c of the length, data, masked crc32c of the data, all
// little-endian (tensorflow/core/lib/io/record_writer.h); the data are protocol buffers of type tensorflow.Event (event.proto,
// summary.proto). Only scalars are written, so the few fields are encoded by hand.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// appendRecord frames one event.
func appendRecord(dst, event []byte) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(event)))
	dst = binary.LittleEndian.AppendUint32(dst, maskedCRC(dst[at:]))
	dst = append(dst, event...)
	return binary.LittleEndian.AppendUint32(dst, maskedCRC(event))
}

// The tag of a protobuf field is its number << 3 | wire type: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.
func protoDouble(dst []byte, field int, v float64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, byte(field<<3|1)), math.Float64bits(v))
}

func protoVarint(dst []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(append(dst, byte(field<<3)), v)
}

func protoFloat(dst []byte, field int, v float32) []byte {
	return binary.LittleEndian.AppendUint32(append(dst, byte(field<<3|5)), math.Float32bits(v))
}

func protoBytes(dst []byte, field int, v []byte) []byte {
	return append(binary.AppendUvarint(append(dst, byte(field<<3|2)), uint64(len(v))), v...)
}

// eventHeader is the record that every event file begins with: Event{wall_time: 1, file_version: 3}.
func eventHeader(wall float64) []byte {
	return appendRecord(nil, protoBytes(protoDouble(nil, 1, wall), 3, []byte("brain.Event:2")))
}

// scalar is one point of a curve.
type scalar struct {
	tag   string
	value float64
}

// scalarEvent is Event{wall_time: 1, step: 2, summary: 5} with one Summary.Value{tag: 1, simple_value: 2} a scalar.
func scalarEvent(wall float64, step int, scalars []scalar) []byte {
	var summary []byte
	for _, s := range scalars {
		summary = protoBytes(summary, 1, protoFloat(protoBytes(nil, 1, []byte(s.tag)), 2, float32(s.value)))
	}
	return appendRecord(nil, protoBytes(protoVarint(protoDouble(nil, 1, wall), 2, uint64(step)), 5, summary))
}
