// Command segmentwords packs the dictionary of jieba (https://github.com/fxsjy/jieba, MIT) for the package internal/text/segment:
//
//	go run ./internal/tools/segmentwords ../shared/data/language/jieba_dict.txt.zst internal/text/segment
//
// Words of Chinese characters alone are kept, each with the logarithm of its count in steps of an eighth.
package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/klauspost/compress/zstd"

	"winnow/internal/shared"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: segmentwords DICTIONARY FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "segmentwords:", err)
		os.Exit(1)
	}
}

func run(dictionary, folder string) error {
	data, err := shared.Read(dictionary)
	if err != nil {
		return err
	}
	var words []string
	steps := map[string]byte{}
	total := 0.0
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 2 || strings.ContainsFunc(f[0], func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
			continue
		}
		n, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
		total += n
		words = append(words, f[0])
		steps[f[0]] = byte(math.Round(8 * math.Log(max(n, 1))))
	}
	slices.Sort(words)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%d\n", int(math.Round(8*math.Log(total))))
	prev := ""
	for _, w := range words { // bytes shared with the word before, the rest, the steps
		k := 0
		for k < len(w) && k < len(prev) && w[k] == prev[k] {
			k++
		}
		out.WriteByte(byte(k))
		out.WriteByte(byte(len(w) - k))
		out.WriteString(w[k:])
		out.WriteByte(steps[w])
		prev = w
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	packed := enc.EncodeAll(out.Bytes(), nil)
	fmt.Printf("%d words, %d bytes, packed %d\n", len(words), out.Len(), len(packed))
	return os.WriteFile(filepath.Join(folder, "words.zst"), packed, 0o644)
}
