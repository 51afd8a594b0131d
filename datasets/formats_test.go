package datasets

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/klauspost/compress/zstd"

	"winnow/internal/spec"
)

// readBytes writes a file and reads it as a source.
func readBytes(t testing.TB, name, data string, set func(*Source)) (Layout, []map[string]string, []BadRow) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
	s := NewSource("src", name)
	if set != nil {
		set(s)
	}
	layout, batches, bad := readAll(t, s, dir)
	defer releaseAll(batches)
	return layout, rowsOf(batches), bad
}

// render shows rows as lines of column=value, in the order of names.
func render(rows []map[string]string, names ...string) string {
	var b strings.Builder
	for _, r := range rows {
		for i, n := range names {
			if i > 0 {
				b.WriteString(" | ")
			}
			v, ok := r[n]
			if !ok {
				v = "∅"
			}
			b.WriteString(strings.ReplaceAll(v, "\n", "⏎"))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func renderBad(bad []BadRow) string {
	var b strings.Builder
	for _, r := range bad {
		fmt.Fprintf(&b, "%d line %d %s: %s\n", r.Position, r.Line, r.Column, r.Reason)
	}
	return b.String()
}

func zip(t testing.TB, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipTwice compresses two parts and cuts the second one off.
func zipTwice(t testing.TB, first, second string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, part := range []string{first, second} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()[:b.Len()-10]
}

func zst(t testing.TB, data string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(data), nil))
}

func tape(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFormats reads small files of every format and shows the rows and the bad rows.
func TestFormats(t *testing.T) {
	cases := []struct {
		name, file, data string
		set              func(*Source)
		show             string // columns
		rows, bad        string
	}{
		{"jsonl", "a.jsonl", "{\"text\":\"one\",\"n\":1}\n\n{\"text\":\"zw\\u00f6lf\\n\",\"n\":2.5}\r\n{\"n\":null,\"text\":\"\\ud83c\\udf89\"}", nil, "id text n",
			"a.jsonl#0 | one | 1\na.jsonl#1 | zwölf⏎ | 2.5\na.jsonl#2 | 🎉 | ∅\n", ""},
		{"jsonl bad rows keep positions", "a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\",\"text\":\"2\"}\n[1]\n{\"text\":\"\\ud800\"}\n{\"text\":\"\xff\"}\n{\"text\":\"a\tb\"}\n{\"text\":\"six\"}\n{\"text\":\"cut", nil, "id text",
			"a.jsonl#0 | one\na.jsonl#6 | six\n",
			"1 line 2 : not valid JSON at byte 14 in /text: a name stands twice in an object\n2 line 3 : the line holds no JSON object\n3 line 4 : not valid JSON at byte 9 in /text: invalid surrogate pair `\\ud800\"}` in string\n" +
				"4 line 5 : not valid JSON at byte 9 in /text: invalid UTF-8\n5 line 6 : not valid JSON at byte 10 in /text: invalid character '\\t' in string (expecting non-control character)\n7 line 8 : it ends in the middle of a value after 12 bytes\n"},
		{"jsonl value that does not fit", "a.jsonl", strings.Repeat("{\"text\":\"x\",\"n\":1}\n", 1000) + "{\"text\":\"late\",\"n\":\"many\"}\n{\"text\":\"last\",\"n\":\"7\"}\n", func(s *Source) { s.Limit = 0 }, "",
			"", "1000 line 1001 n: \"many\" is not a whole number, which the first rows of the source have here; if it belongs there, set `types: {…: string}`\n"},
		{"csv", "a.csv", "\xef\xbb\xbftext,label,n,when,zip\r\n\"a, b\",x,1,2024-01-02,007\r\n\"line one\nline \"\"two\"\"\",y,,2024-01-03,008\r\n", nil, "text label n when zip",
			"a, b | x | 1 | 2024-01-02 | 007\nline one⏎line \"two\" | y | ∅ | 2024-01-03 | 008\n", ""},
		{"csv bad rows", "a.csv", "text,n\none,1\ntwo\n\"three\"x,3\nfour,4,5\n\"five\n,6\nsix,6\n", nil, "id text n",
			"a.csv#0 | one | 1\na.csv#5 |  | 6\na.csv#6 | six | 6\n",
			"1 line 3 : it has 1 fields where the file has 2 columns\n2 line 4 : field 1 goes on with \"x\" after its closing quote\n3 line 5 : it has 3 fields where the file has 2 columns\n4 line 6 : a quoted field does not end before the file does\n"},
		{"csv without header", "a.csv", "1,hello there\n2,good bye\n", nil, "column_1 text", "1 | hello there\n2 | good bye\n", ""},
		{"csv with semicolons", "a.csv", "id;text\nr1;a,b\nr2;c\n", nil, "id text", "r1 | a,b\nr2 | c\n", ""},
		{"tsv with plain quotes", "a.tsv", "en\tzh\n\"Hi,\" she said.\t她说\"嗨\"。\nBye.\t再见。\n", nil, "source_text target_text", "\"Hi,\" she said. | 她说\"嗨\"。\nBye. | 再见。\n", ""},
		{"tsv with enclosing quotes", "a.tsv", "en\tzh\n\"a\tb\"\t\"丙\"\nBye.\t再见。\n", func(s *Source) { s.Quotes = "yes" }, "source_text target_text", "a\tb | 丙\nBye. | 再见。\n", ""},
		{"csv in GB18030", "a.csv", "\xce\xca\xcc\xe2,\xbb\xd8\xb4\xf0\n\xb8\xdf\xd1\xaa\xd1\xb9\xbb\xbc\xd5\xdf\xc4\xdc\xb3\xd4\xb5\xb3\xb2\xce\xc2\xf0\xa3\xbf,\xbf\xc9\xd2\xd4\xbf\xda\xb7\xfe\xa1\xa3\n", nil, "messages", "<user>高血压患者能吃党参吗？<assistant>可以口服。\n", ""},
		{"json array", "a.json", "[\n {\"text\": \"one\"},\n {\"text\": \"two\"}\n]\n", nil, "id text", "a.json#0 | one\na.json#1 | two\n", ""},
		{"json columns", "a.json", `{"text": ["one", "two"], "n": [1, null]}`, nil, "text n", "one | 1\ntwo | ∅\n", ""},
		{"json wrapper", "a.json", `{"version": "1", "data": [{"text": "one"}, {"text": "two"}]}`, nil, "text", "one\ntwo\n", ""},
		{"json lines in a .json", "a.json", "{\"text\": \"one\"}\n{\"text\":\n \"two\"}\n", nil, "text", "one\ntwo\n", ""},
		{"json cut off", "a.json", "[{\"text\": \"one\"}, {\"text\": \"tw", nil, "text", "one\n", "1 line 0 : near line 1: it ends in the middle of a value after 14 bytes; the rows after this place could not be read\n"},
		{"text file", "a.txt", "one\r\ntwo\r\n\r\nthree", nil, "id text", "a.txt#0 | one⏎two⏎⏎three\n", ""},
		{"text paragraphs", "a.txt", "one\ntwo\n\n \nthree\n", func(s *Source) { s.Rows = "paragraph" }, "id text", "a.txt#0 | one⏎two\na.txt#1 | three\n", ""},
		{"text lines", "a.txt", "one\n\ntwo\r\nbad \xff\nthree", func(s *Source) { s.Rows, s.Encoding = "line", "utf-8" }, "id text", "a.txt#0 | one\na.txt#1 | two\na.txt#3 | three\n",
			"2 line 4 : byte 4 is not valid UTF-8: set the source's `encoding` if the text is in another\n"},
		{"text in windows-1252", "a.txt", "D\xe9j\xe0 vu \x96 na\xefve caf\xe9.", nil, "text", "Déjà vu – naïve café.\n", ""},
		{"text in UTF-16", "a.txt", "\xff\xfeh\x00i\x00", nil, "text", "hi\n", ""},
		{"markdown file", "a.md", "---\ntitle: \"A law\"\n---\n# Head\n\ntext\n", nil, "title text", "A law | # Head⏎⏎text⏎\n", ""},
		{"markdown sections", "a.md", "intro\n# One\ntext\n```sh\n# no heading\n\nmore\n```\n## Two ##\nend\n", func(s *Source) { s.Rows = "section" }, "title text",
			"∅ | intro\nOne | # One⏎text⏎```sh⏎# no heading⏎⏎more⏎```\nTwo | ## Two ##⏎end\n", ""},
		{"markdown paragraphs", "a.md", "a\n\n~~~\nx\n\ny\n~~~\n\nb\n", func(s *Source) { s.Rows = "paragraph" }, "text", "a\n~~~⏎x⏎⏎y⏎~~~\nb\n", ""},
		{"gzip", "a.jsonl.gz", zip(t, "{\"text\":\"one\"}\n"), nil, "id text", "a.jsonl.gz#0 | one\n", ""},
		{"zstd under a plain name", "a.jsonl", zst(t, "{\"text\":\"one\"}\n"), nil, "text", "one\n", ""},
		{"gzip cut off", "a.jsonl.gz", zipTwice(t, "{\"text\":\"one\"}\n", "{\"text\":\"two\"}\n"), nil, "text", "one\n",
			"1 line 0 : broken gzip: the file ends early; the rows after this place could not be read\n"},
		{"tar", "a.tar", tape(t, "x/1.txt", "one", "LICENSE", "no", "x/2.txt", "two", "x/gold.json", "[]"), nil, "id text", "a.tar/x/1.txt#0 | one\na.tar/x/2.txt#0 | two\n", ""},
		{"tar with members", "a.tar.gz", zip(t, tape(t, "x/1.txt", "one", "y/2.txt", "two")), func(s *Source) { s.Members = "y/*" }, "text", "two\n", ""},
		{"tar of compressed files", "a.tar", tape(t, "1.jsonl.gz", zip(t, "{\"text\":\"one\"}"), "2.jsonl.zst", zst(t, "{\"text\":\"two\"}")), nil, "text", "one\ntwo\n", ""},
		{"tar cut off", "a.tar", tape(t, "1.txt", "one", "2.txt", strings.Repeat("two ", 500))[:2000], nil, "text", "one\n",
			"1 line 0 : broken tar archive: the file ends early; the rows after this place could not be read\n"},
		{"html raw", "a.html", "<html><title>T</title><p>x", func(s *Source) { s.Text = "raw" }, "text", "<html><title>T</title><p>x\n", ""},
		{"html that declares gb2312", "a.html", "<html><head><meta charset=gb2312><title>\xd3\xd0</title></head><body><p>\x94\xb5\xd6\xd0\xb9\xfa</p></body></html>", func(s *Source) { s.Text = "all" }, "title text", "有 | 數中国\n", ""},
		{"warc", "a.warc", "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n" +
			"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nWARC-Date: 2024-01-02T03:04:05Z\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: 80\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\r\n<html><p>Hi.</p>\r\n\r\n" +
			"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://b.example/\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nWords\r\n\r\n",
			func(s *Source) { s.Text = "all" }, "url date text", "http://a.example/ | 2024-01-02T03:04:05Z | Hi.\nhttp://b.example/ | ∅ | Words\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, rows, bad := readBytes(t, c.file, c.data, c.set)
			if c.show != "" {
				if got := render(rows, strings.Fields(c.show)...); got != c.rows {
					t.Errorf("rows:\n%swant:\n%s", got, c.rows)
				}
			}
			if got := renderBad(bad); got != c.bad {
				t.Errorf("bad rows:\n%swant:\n%s", got, c.bad)
			}
		})
	}
}

func TestShapes(t *testing.T) {
	cases := []struct{ name, row, shape, show, want string }{
		{"alpaca", `{"instruction":"Translate.","input":"hi","output":"salut","history":[["a","b"]],"system":"Be brief."}`, "messages", "messages", "<system>Be brief.<user>a<assistant>b<user>Translate.⏎hi<assistant>salut"},
		{"sharegpt", `{"conversations":[{"from":"human","value":"hi"},{"from":"gpt","value":"ho"}],"system":"S"}`, "messages", "messages", "<system>S<user>hi<assistant>ho"},
		{"openai", `{"messages":[{"role":"developer","content":"d"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`, "messages", "messages", "<developer>d<user>a⏎b"},
		{"dialogues", `{"chosen":"\n\nHuman: q\n\nAssistant: yes","rejected":"\n\nHuman: q\n\nAssistant: no"}`, "preference", "chosen rejected", "<user>q<assistant>yes | <user>q<assistant>no"},
		{"preference with prompt", `{"prompt":"q","chosen":"yes","rejected":"no"}`, "preference", "chosen rejected", "<user>q<assistant>yes | <user>q<assistant>no"},
		{"preference of lists", `{"prompt":"q","chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"yes"}],"rejected":[{"role":"assistant","content":"no"}]}`, "preference", "chosen rejected", "<user>q<assistant>yes | <user>q<assistant>no"},
		{"preference with a list as prompt", `{"prompt":[{"role":"user","content":"q"}],"chosen":[{"role":"assistant","content":"yes"}],"rejected":[{"role":"assistant","content":"no"}]}`, "preference", "chosen rejected", "<user>q<assistant>yes | <user>q<assistant>no"},
		{"stereotype pairs", `{"stereotype":"He is a pilot.","anti":"She is a pilot.","topic":"work"}`, "preference", "chosen rejected topic", "<text>She is a pilot. | <text>He is a pilot. | work"},
		{"crows pairs", `{"sent_more":"a","sent_less":"b","bias_type":"age"}`, "preference", "chosen rejected bias_type", "<text>b | <text>a | age"},
		{"labelled", `{"sentence":"s","label":3,"score":0.5}`, "labelled", "text label score", "s | 3 | 0.5"},
		{"translation", `{"translation":{"en":"hi","fr":"salut"}}`, "pair", "source_text target_text", "hi | salut"},
		{"pair", `{"src":"hi","tgt":"salut"}`, "pair", "source_text target_text", "hi | salut"},
		{"question and answer", `{"Question":"q","Answer":"a","text":"context"}`, "messages", "messages original_text", "<user>q<assistant>a | context"},
		{"prompt and completion", `{"prompt":"p","completion":"c"}`, "messages", "messages", "<user>p<assistant>c"},
		{"chinese columns", `{"问题":"问","回答":"答"}`, "messages", "messages", "<user>问<assistant>答"},
		{"only one text", `{"poem":"p","n":1}`, "text", "text n", "p | 1"},
		{"normal schema of several shapes", `{"id":"1","source":"s","text":"t","messages":null}` + "\n" + `{"id":"2","source":"s","text":null,"messages":[{"role":"user","content":"m"}]}`, "messages", "text messages", "t | ∅\n∅ | <user>m"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			layout, rows, bad := readBytes(t, "a.jsonl", c.row+"\n", nil)
			if string(layout.Shapes[0]) != c.shape {
				t.Errorf("shape %s, want %s", layout.Shapes[0], c.shape)
			}
			if got := strings.TrimSuffix(render(rows, strings.Fields(c.show)...), "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s\nbad %v", got, c.want, bad)
			}
		})
	}
}

// TestArrowFiles reads Arrow files and streams, also with dictionaries and messages, and a stream that is cut off.
func TestArrowFiles(t *testing.T) {
	schema := sampleSchema(t)
	batch := sampleBatch(schema, 0, 40)
	defer batch.Release()
	var stream bytes.Buffer
	w := ipc.NewWriter(&stream, ipc.WithSchema(schema), ipc.WithZstd())
	for range 2 {
		if err := w.Write(batch.Record); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.arrow")
	spill, err := NewSpillWriter(path, schema, "lz4")
	if err != nil {
		t.Fatal(err)
	}
	if err := spill.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := spill.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := render(rowsOf([]Batch{batch})[:1], "id", "text", "topic", "count", "score", "checked")
	for name, data := range map[string]string{"stream": stream.String(), "file": string(file), "cut": stream.String()[:stream.Len()*2/3]} {
		_, rows, bad := readBytes(t, "a.arrow", data, nil)
		if len(rows) == 0 || render(rows[:1], "id", "text", "topic", "count", "score", "checked") != want {
			t.Errorf("%s: first of %d rows differs, bad rows %v", name, len(rows), bad[:min(1, len(bad))])
		}
		if name == "cut" && len(rows) >= 80 || name == "stream" && len(rows)+len(bad) != 80 {
			t.Errorf("%s: %d rows and %d bad ones", name, len(rows), len(bad))
		}
	}
}

// TestSpecs holds for every format: defaults can be set, the documentation has what it needs, and the enumeration of a source's formats is complete.
func TestSpecs(t *testing.T) {
	SourceSpec.Defaults()
	for _, f := range Formats() {
		f.Defaults()
		if f.Summary == "" || f.Doc == "" || f.Example == "" || len(f.Extensions) == 0 {
			t.Errorf("format %s lacks documentation", f.Name)
		}
	}
	for _, p := range spec.ParamsOf(new(Source)) {
		if p.Doc == "" {
			t.Errorf("parameter %s has no documentation", p.Name)
		}
		if p.Name == "format" && strings.Join(p.Enum[1:], ",") != strings.Join(formatNames(), ",") {
			t.Errorf("formats %v, registered %v", p.Enum, formatNames())
		}
	}
}
