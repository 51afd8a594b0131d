package pack

// IndexFile is the index of a folder of token shards, LeftOutFile its list of rows that are not in the shards as they are in the data set.
const (
	IndexFile   = "index.json"
	LeftOutFile = "left_out.jsonl"
)

// IndexVersion is the version of the layout that this package writes and reads.
const IndexVersion = 1

// Index says what a folder of token shards holds. Samples is the sum of Kept, TooLong and Rejected.
type Index struct {
	Version    int      `json:"version"`
	Digest     string   `json:"digest,omitempty"`    // of all that the tokens depend on, as the caller knows it
	Tokenizer  string   `json:"tokenizer,omitempty"` // SHA-256 of tokenizer.json
	Template   string   `json:"template,omitempty"`  // digest of the chat template
	Vocabulary int      `json:"vocabulary"`
	Length     int      `json:"length"`
	Window     int      `json:"window"`
	Pairs      bool     `json:"pairs,omitempty"` // rows come in twos: chosen, rejected
	Groups     []string `json:"groups,omitempty"`
	Samples    int64    `json:"samples"` // rows of the data set that were read
	Kept       int64    `json:"kept"`    // of them in the shards, whole or in pieces
	Split      int64    `json:"split"`   // texts that were cut into pieces
	TooLong    int64    `json:"too_long"`
	Rejected   int64    `json:"rejected"` // rows that could not be encoded
	LongIDs    []string `json:"too_long_ids,omitempty"`
	Guarded    int64    `json:"guarded,omitempty"`    // conversations whose text held special tokens, which were broken up
	Straddling int64    `json:"straddling,omitempty"` // labelled tokens that also cover a piece of the prompt
	Rows       int64    `json:"rows"`                 // packed rows
	Documents  int64    `json:"documents"`            // samples and pieces in the packed rows
	Tokens     int64    `json:"tokens"`
	Labelled   int64    `json:"labelled"` // tokens that carry loss
	Bytes      int64    `json:"bytes"`    // of text behind them
	Filled     float64  `json:"filled"`   // share of rows × length that holds tokens
	Shards     []Shard  `json:"shards"`
}

// Shard is one file.
type Shard struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Tokens int64  `json:"tokens"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// LeftOut is one line of LeftOutFile. The index names the first few ids of rows that were too long; this file has all.
type LeftOut struct {
	Row     string `json:"row"`
	Outcome string `json:"outcome"` // split, too long, rejected
	Tokens  int    `json:"tokens,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Outcomes of rows that are not in the shards as they are in the data set.
const (
	OutcomeSplit    = "split"
	OutcomeTooLong  = "too long"
	OutcomeRejected = "rejected"
)
