//go:build linux

package tokenize

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"winnow/internal/shared"
)

// benchDocs returns documents of about 3 KB, cut at line breaks, from the shared texts of a language: books and speeches, or statutes.
func benchDocs(b testing.TB, lang string) [][]byte {
	b.Helper()
	files := map[string][]string{
		"en": {"data/general/books-en.tar.zst", "data/general/state-union-en.tar.zst"},
		"zh": {"data/law/statutes-zh.tar.zst"},
	}[lang]
	var docs [][]byte
	for _, name := range files {
		r := tar.NewReader(bytes.NewReader(shared.Open(b, name)))
		for {
			_, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				b.Fatal(err)
			}
			for len(text) > 0 {
				end := min(3000, len(text))
				if nl := bytes.IndexByte(text[end:], '\n'); nl >= 0 {
					end += nl + 1
				} else {
					end = len(text)
				}
				docs = append(docs, text[:end])
				text = text[end:]
			}
		}
	}
	if dir := os.Getenv("WINNOW_BENCH_DUMP"); dir != "" { // for timing other tokenizers on the same documents
		joined := bytes.Join(docs, []byte{0})
		if err := os.WriteFile(filepath.Join(dir, lang+".bin"), joined, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return docs
}

// BenchmarkEncodeUnseen encodes every other document after warming the word cache on the rest, so that MB/s are those of text not seen before.
func BenchmarkEncodeUnseen(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		docs := benchDocs(b, lang)
		for _, dir := range families(b) {
			if strings.HasPrefix(filepath.Base(dir), "shape-") {
				continue
			}
			b.Run(filepath.Base(dir)+"/"+lang, func(b *testing.B) {
				tok, err := Load(filepath.Join(dir, "tokenizer.json.zst"))
				if err != nil {
					b.Fatal(err)
				}
				var size int64
				for i := 1; i < len(docs); i += 2 {
					size += int64(len(docs[i]))
				}
				b.SetBytes(size)
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				var ids []uint32
				var cpu time.Duration
				rounds := 0
				for b.Loop() {
					b.StopTimer()
					e := tok.Encoder()
					for i := 0; i < len(docs); i += 2 {
						ids = e.Encode(ids[:0], docs[i])
					}
					b.StartTimer()
					start := threadTime(b)
					for i := 1; i < len(docs); i += 2 {
						ids = e.Encode(ids[:0], docs[i])
					}
					cpu += threadTime(b) - start
					rounds++
				}
				b.ReportMetric(float64(size)*float64(rounds)/1e6/cpu.Seconds(), "cpuMB/s")
			})
		}
	}
}

// threadTime is the CPU time of this thread, which says more than the clock on a busy machine.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	if err := syscall.Getrusage(thread, &u); err != nil {
		b.Skipf("no CPU time of a thread: %v", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkTrainBPE(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		docs := benchDocs(b, lang)
		b.Run(lang, func(b *testing.B) {
			var size int64
			for _, d := range docs {
				size += int64(len(d))
			}
			b.SetBytes(size)
			for b.Loop() {
				_, err := TrainBPE(context.Background(), TrainOptions{VocabSize: 32000}, func(yield func([]byte) bool) {
					for _, d := range docs {
						if !yield(d) {
							return
						}
					}
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
