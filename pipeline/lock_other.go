//go:build !unix

package pipeline

import (
	"os"
	"runtime"

	"winnow/internal/atomicfile"
)

// lock opens the lock file; this system has no advisory locks that go with the process.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, atomicfile.Explain(err)
	}
	return func() { _ = f.Close() }, nil
}

// peakMemory returns what the Go runtime has taken from the system, in bytes.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
