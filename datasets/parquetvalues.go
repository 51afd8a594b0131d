package datasets

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// leafConverter makes a cell of a value that is not null.
type leafConverter func(v parquet.Value, arena *[]byte) cell

// refused is the converter of a type that cannot be carried; the cell names the type.
func refused(name string) leafConverter {
	return func(parquet.Value, *[]byte) cell { return cell{kind: binaryCell, text: []byte(name)} }
}

// converterOf chooses by logical type, else by the older converted type, else by physical type.
func converterOf(e *format.SchemaElement) leafConverter {
	switch t := e.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		return textValue
	case *format.DecimalType:
		return decimalValue(e.Type.V, int(t.Scale))
	case *format.DateType:
		return dateValue
	case *format.TimeType:
		return timeValue(unitOf(t.Unit))
	case *format.TimestampType:
		return timestampValue(unitOf(t.Unit), t.IsAdjustedToUTC)
	case *format.IntType:
		return intValue(e.Type.V, !t.IsSigned, int(t.BitWidth))
	case *format.UUIDType:
		return uuidValue
	case *format.Float16Type:
		return float16Value
	case *format.NullType:
		return func(parquet.Value, *[]byte) cell { return cell{} }
	case nil:
	default:
		return refused(t.String())
	}
	if e.ConvertedType.Valid {
		switch c := e.ConvertedType.V; c {
		case deprecated.UTF8, deprecated.Enum, deprecated.Json:
			return textValue
		case deprecated.Decimal:
			return decimalValue(e.Type.V, int(e.Scale.V))
		case deprecated.Date:
			return dateValue
		case deprecated.TimeMillis:
			return timeValue(time.Millisecond)
		case deprecated.TimeMicros:
			return timeValue(time.Microsecond)
		case deprecated.TimestampMillis:
			return timestampValue(time.Millisecond, true)
		case deprecated.TimestampMicros:
			return timestampValue(time.Microsecond, true)
		case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
			return intValue(e.Type.V, true, 8<<(c-deprecated.Uint8))
		case deprecated.Bson:
			return refused("BSON")
		case deprecated.Interval:
			return refused("INTERVAL")
		}
	}
	switch e.Type.V {
	case format.Boolean:
		return func(v parquet.Value, _ *[]byte) cell {
			c := cell{kind: boolCell}
			if v.Boolean() {
				c.whole = 1
			}
			return c
		}
	case format.Int32, format.Int64:
		return intValue(e.Type.V, false, 64)
	case format.Int96:
		return int96Value
	case format.Float:
		return func(v parquet.Value, _ *[]byte) cell { return float32Cell(v.Float()) }
	case format.Double:
		return func(v parquet.Value, _ *[]byte) cell { return cell{kind: floatCell, number: v.Double()} }
	}
	return textValue // bytes without a type are text when they are UTF-8
}

func textValue(v parquet.Value, _ *[]byte) cell {
	b := v.ByteArray()
	if !utf8.Valid(b) {
		return cell{kind: binaryCell, text: []byte("binary data that is not UTF-8")}
	}
	return cell{kind: stringCell, text: b}
}

// float32Cell keeps a single-precision number at its value and its short spelling.
func float32Cell(x float32) cell {
	return cell{kind: floatCell, number: float64(x)}
}

func intValue(physical format.Type, unsigned bool, bits int) leafConverter {
	if !unsigned {
		if physical == format.Int32 {
			return func(v parquet.Value, _ *[]byte) cell { return cell{kind: intCell, whole: int64(v.Int32())} }
		}
		return func(v parquet.Value, _ *[]byte) cell { return cell{kind: intCell, whole: v.Int64()} }
	}
	if physical == format.Int32 {
		mask := uint32(1<<min(bits, 32) - 1)
		return func(v parquet.Value, _ *[]byte) cell {
			return cell{kind: intCell, whole: int64(uint32(v.Int32()) & mask)}
		}
	}
	return func(v parquet.Value, arena *[]byte) cell {
		u := uint64(v.Int64())
		if u <= math.MaxInt64 {
			return cell{kind: intCell, whole: int64(u)}
		}
		return cell{kind: floatCell, number: float64(u), text: appendArena(arena, func(b []byte) []byte { return strconv.AppendUint(b, u, 10) })}
	}
}

// appendArena adds a text to the arena and returns it.
func appendArena(arena *[]byte, f func([]byte) []byte) []byte {
	start := len(*arena)
	*arena = f(*arena)
	return (*arena)[start:len(*arena):len(*arena)]
}

// decimalValue spells a decimal with all its digits.
func decimalValue(physical format.Type, scale int) leafConverter {
	return func(v parquet.Value, arena *[]byte) cell {
		var n big.Int
		switch physical {
		case format.Int32:
			n.SetInt64(int64(v.Int32()))
		case format.Int64:
			n.SetInt64(v.Int64())
		default:
			b := v.ByteArray()
			if len(b) > 1024 {
				return cell{kind: binaryCell, text: []byte("a decimal of more than 1024 bytes")}
			}
			n.SetBytes(b)
			if len(b) > 0 && b[0]&0x80 != 0 {
				n.Sub(&n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
		}
		return cell{kind: stringCell, text: appendArena(arena, func(out []byte) []byte { return appendDecimal(out, &n, scale) })}
	}
}

func appendDecimal(b []byte, n *big.Int, scale int) []byte {
	digits := new(big.Int).Abs(n).String()
	if n.Sign() < 0 {
		b = append(b, '-')
	}
	if scale <= 0 || scale > 4096 {
		return append(b, digits...)
	}
	for len(digits) <= scale {
		digits = "0" + digits
	}
	b = append(b, digits[:len(digits)-scale]...)
	b = append(b, '.')
	return append(b, digits[len(digits)-scale:]...)
}

func unitOf(u format.TimeUnit) time.Duration {
	if u.Value == nil {
		return time.Microsecond
	}
	return u.Value.Duration()
}

func dateValue(v parquet.Value, arena *[]byte) cell {
	t := time.Unix(int64(v.Int32())*86400, 0).UTC()
	return cell{kind: stringCell, text: appendArena(arena, func(b []byte) []byte { return t.AppendFormat(b, time.DateOnly) })}
}

func timeValue(unit time.Duration) leafConverter {
	return func(v parquet.Value, arena *[]byte) cell {
		n := int64(v.Int32())
		if unit != time.Millisecond {
			n = v.Int64()
		}
		t := time.Unix(0, 0).UTC().Add(time.Duration(n) * unit)
		return cell{kind: stringCell, text: appendArena(arena, func(b []byte) []byte { return t.AppendFormat(b, "15:04:05.999999999") })}
	}
}

func timestampValue(unit time.Duration, utc bool) leafConverter {
	return func(v parquet.Value, arena *[]byte) cell {
		return timestampCell(v.Int64(), unit, utc, arena)
	}
}

// timestampCell spells a point in time as ISO 8601, with Z when it is in UTC.
func timestampCell(n int64, unit time.Duration, utc bool, arena *[]byte) cell {
	perSecond := int64(time.Second / unit)
	seconds, rest := n/perSecond, n%perSecond
	if rest < 0 {
		seconds, rest = seconds-1, rest+perSecond
	}
	return instantCell(time.Unix(seconds, rest*int64(unit)).UTC(), utc, arena)
}

func instantCell(t time.Time, utc bool, arena *[]byte) cell {
	return cell{kind: stringCell, text: appendArena(arena, func(b []byte) []byte {
		b = t.AppendFormat(b, "2006-01-02T15:04:05.999999999")
		if utc {
			b = append(b, 'Z')
		}
		return b
	})}
}

// int96Value reads the timestamps of old Impala, Hive and Spark: nanoseconds of the day and a Julian day.
func int96Value(v parquet.Value, arena *[]byte) cell {
	x := v.Int96()
	nanos := int64(x[0]) | int64(x[1])<<32
	const julianEpoch = 2440588 // Julian day of 1970-01-01
	day := int64(x[2]) - julianEpoch
	return instantCell(time.Unix(day*86400, 0).UTC().Add(time.Duration(nanos)), false, arena)
}

func uuidValue(v parquet.Value, arena *[]byte) cell {
	u := v.ByteArray()
	if len(u) != 16 {
		return cell{kind: binaryCell, text: []byte("a UUID that has not 16 bytes")}
	}
	return cell{kind: stringCell, text: appendArena(arena, func(b []byte) []byte {
		for i, group := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
			if i > 0 {
				b = append(b, '-')
			}
			b = hex.AppendEncode(b, group)
		}
		return b
	})}
}

// float16Value reads a half-precision number (IEEE 754 binary16, little-endian).
func float16Value(v parquet.Value, _ *[]byte) cell {
	b := v.ByteArray()
	if len(b) != 2 {
		return cell{kind: binaryCell, text: []byte("a FLOAT16 that has not 2 bytes")}
	}
	return cell{kind: floatCell, number: halfFloat(binary.LittleEndian.Uint16(b))}
}

func halfFloat(h uint16) float64 {
	exponent, fraction := int(h>>10&0x1f), float64(h&0x3ff)
	var x float64
	switch exponent {
	case 0:
		x = math.Ldexp(fraction, -24)
	case 31:
		x = math.Inf(1)
		if fraction != 0 {
			return math.NaN()
		}
	default:
		x = math.Ldexp(1+fraction/1024, exponent-15)
	}
	if h&0x8000 != 0 {
		x = -x
	}
	return x
}

// appendJSON appends a cell as a JSON value. Numbers that JSON does not have become strings.
func appendJSON(b []byte, c cell) []byte {
	switch c.kind {
	case nullCell:
		return append(b, "null"...)
	case stringCell:
		return appendQuoted(b, c.text)
	case floatCell:
		if math.IsNaN(c.number) || math.IsInf(c.number, 0) {
			return fmt.Appendf(b, "%q", strconv.FormatFloat(c.number, 'g', -1, 64))
		}
	}
	return c.appendText(b)
}

// appendQuoted appends a JSON string of UTF-8 text.
func appendQuoted(b, text []byte) []byte {
	b = append(b, '"')
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c < 0x20:
			b = fmt.Appendf(b, "\\u%04x", c)
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(text[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}
