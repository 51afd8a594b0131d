package train

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// hash is every random decision of a run: a function of the seed, of what is decided and of the position, never of a generator's state. So a
// resumed run decides as the uninterrupted one did.
func hash(seed uint64, what string, at ...int) uint64 {
	buf := make([]byte, 0, 64)
	buf = append(buf, what...)
	for _, v := range at {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(v))
	}
	return xxh3.HashSeed(buf, seed)
}

// unit maps a hash to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) * 0x1p-53 }
