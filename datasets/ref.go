package datasets

import "fmt"

// Ref orders all rows of a run: by source, then file, then position, then copies made of a row by a step. It does not depend on workers or batches.
// Bits: 22 of shard, 34 of position in the shard, 8 of copy.
type Ref uint64

// Limits of a Ref's parts.
const (
	MaxShards   = 1 << 22
	MaxPosition = 1 << 34
	MaxCopies   = 1 << 8
)

// NewRef returns the Ref of the row at position (from 0) of a shard; copy is 0 for the row itself.
func NewRef(shard int, position int64, copy int) Ref {
	if shard < 0 || shard >= MaxShards || position < 0 || position >= MaxPosition || copy < 0 || copy >= MaxCopies {
		panic(fmt.Sprintf("row reference out of range: shard %d, position %d, copy %d", shard, position, copy))
	}
	return Ref(uint64(shard)<<42 | uint64(position)<<8 | uint64(copy))
}

// Shard returns the number of the shard that the row was read from.
func (r Ref) Shard() int { return int(r >> 42) }

// Position returns the row's position in its shard, from 0, as read from the input.
func (r Ref) Position() int64 { return int64(r>>8) & (MaxPosition - 1) }

// Copy returns 0 for a row as read and n for the n-th copy that a step made of it.
func (r Ref) Copy() int { return int(r & (MaxCopies - 1)) }

func (r Ref) String() string { return fmt.Sprintf("%d:%d.%d", r.Shard(), r.Position(), r.Copy()) }
