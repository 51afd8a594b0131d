package pack

import (
	"encoding/binary"
	"math"
)

// IndexFile is the index of a folder of token shards.
const IndexFile = "index.json"

// Index says what a folder of token shards holds.
type Index struct {
	Digest     string   `json:"digest"` // of tokenizer and template
	Vocabulary int      `json:"vocabulary"`
	Length     int      `json:"length"`
	Pairs      bool     `json:"pairs,omitempty"` // rows come in twos: chosen, rejected
	Groups     []string `json:"groups,omitempty"`
	Samples    int64    `json:"samples"` // rows of the data set inside
	Rows       int64    `json:"rows"`    // packed rows
	Tokens     int64    `json:"tokens"`
	Labelled   int64    `json:"labelled"`               // tokens that carry loss
	Bytes      int64    `json:"bytes"`                  // of text behind them
	Filled     float64  `json:"filled"`                 // share of rows × length that holds tokens
	Split      int64    `json:"split"`                  // texts that were cut into pieces
	TooLong    int64    `json:"too_long"`               // samples left out
	LongIDs    []string `json:"too_long_ids,omitempty"` // of the first 20
	Shards     []Shard  `json:"shards"`
}

// Shard is one file.
type Shard struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Tokens int64  `json:"tokens"`
	SHA256 string `json:"sha256"`
}

func appendFloat(b []byte, x float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
}
