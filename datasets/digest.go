package datasets

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"
)

// Digest returns what tells a file's content from another's: "xxh3-128:" and 32 hexadecimal digits. It guards against a changed input, not against an
// attacker. Callers keep it by path, size and time of change, as it reads the whole file.
func Digest(f File) (string, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	h := xxh3.New()
	n, err := io.CopyBuffer(onlyWriter{h}, file, make([]byte, 1<<20))
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Name, err)
	}
	if n != f.Bytes {
		return "", fmt.Errorf("%s changed while the run was planned: it had %d bytes and has %d", f.Name, f.Bytes, n)
	}
	sum := h.Sum128().Bytes()
	return "xxh3-128:" + hex.EncodeToString(sum[:]), nil
}

// onlyWriter hides the file's own way of copying, which would use a small buffer.
type onlyWriter struct{ io.Writer }
