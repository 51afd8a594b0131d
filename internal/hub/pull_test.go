package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var wanted = []string{"config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja", "generation_config.json"}

func TestPullKeepsWhatWinnowReads(t *testing.T) {
	for _, bare := range []bool{false, true} { // checksums from the list, or from HEAD
		h, c := newHub(t, sample)
		h.bare, h.private, c.Token = bare, true, token
		if _, _, ok := c.Cached(model(t)); ok {
			t.Fatal("cached before it was pulled")
		}
		got, err := c.Pull(t.Context(), model(t), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Commit != commitA || got.Fetched != 5 || h.leaked {
			t.Errorf("%+v; token leaked: %v", got, h.leaked)
		}
		holds(t, got.Dir, sample, wanted...)
		if dir, commit, ok := c.Cached(model(t)); !ok || dir != got.Dir || commit != commitA {
			t.Errorf("cached: %s %s %v", dir, commit, ok)
		}
		h.seen()
		again, err := c.Pull(t.Context(), model(t), Options{})
		if err != nil || again.Fetched != 0 || again.Bytes != got.Bytes {
			t.Fatalf("%+v, %v", again, err)
		}
		for _, line := range h.seen() {
			if strings.HasPrefix(line, "GET /o/m/resolve") || strings.HasPrefix(line, "GET /xet") {
				t.Errorf("fetched again: %s", line)
			}
		}
		kept, err := c.Kept()
		if err != nil || len(kept) != 1 || kept[0].Repo != model(t) || kept[0].Files != 5 || kept[0].Bytes != got.Bytes {
			t.Errorf("%+v, %v", kept, err)
		}
		c.Offline = true
		if off, err := c.Pull(t.Context(), model(t), Options{}); err != nil || off.Dir != got.Dir {
			t.Errorf("offline: %+v, %v", off, err)
		}
	}
}

func TestPullIntoAFolder(t *testing.T) {
	h, c := newHub(t, sample)
	dir := filepath.Join(t.TempDir(), "to")
	got, err := c.Pull(t.Context(), model(t), Options{To: dir, Include: []string{"*.json", "onnx/"}})
	if err != nil || got.Dir != dir {
		t.Fatal(err)
	}
	holds(t, dir, sample, "config.json", "tokenizer.json", "generation_config.json", "onnx/model.safetensors")
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), []byte("[]"), 0o644); err != nil { // same size, other content
		t.Fatal(err)
	}
	h.seen()
	got, err = c.Pull(t.Context(), model(t), Options{To: dir, Include: []string{"*.json"}})
	if err != nil || got.Fetched != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	holds(t, dir, sample, "config.json", "tokenizer.json", "generation_config.json", "onnx/model.safetensors")
}

// What the cache holds is copied, not fetched, into another folder.
func TestPullFromTheCache(t *testing.T) {
	h, c := newHub(t, sample)
	if _, err := c.Pull(t.Context(), model(t), Options{}); err != nil {
		t.Fatal(err)
	}
	h.seen()
	dir := t.TempDir()
	if _, err := c.Pull(t.Context(), model(t), Options{To: dir}); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, sample, wanted...)
	if got := h.seen(); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "/xet/") }) {
		t.Errorf("requests: %q", got)
	}
}

func TestPullDataset(t *testing.T) {
	files := map[string]string{"README.md": "card", "data/train-00000.parquet": "rows", "dump.jsonl.zst": "z", "script.py": "code", ".gitattributes": "x"}
	h, c := newHub(t, files)
	r, err := ParseRepo("o/d@refs/pr/1", Dataset)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Pull(t.Context(), r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, got.Dir, files, "README.md", "data/train-00000.parquet", "dump.jsonl.zst")
	if log := h.seen(); log[0] != "GET /api/datasets/o/d/revision/refs%2Fpr%2F1" || !slices.Contains(log, "GET /datasets/o/d/resolve/"+commitA+"/dump.jsonl.zst") {
		t.Errorf("requests: %q", log)
	}
}

func TestPullResumes(t *testing.T) {
	h, c := newHub(t, sample)
	text := sample["model.safetensors"]
	etag := `"store-` + sum256(text)[:8] + `"`
	cut := false
	h.before = func(w http.ResponseWriter, r *http.Request, store bool) bool {
		if store && !cut {
			cut = true
			cutAfter(w, text, etag, 100000)
		}
		return false
	}
	c.Attempts = 1
	if _, err := c.Pull(t.Context(), model(t), Options{}); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Fatal(err)
	}
	h.seen()
	got, err := c.Pull(t.Context(), model(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, got.Dir, sample, wanted...)
	if log := h.seen(); !slices.Contains(log, "GET /xet/model.safetensors bytes=100000- if "+etag) {
		t.Errorf("not resumed: %q", log)
	}
}

// A store whose ETag changed sends the whole file; what lay here is thrown away.
func TestPullResumesAChangedFile(t *testing.T) {
	h, c := newHub(t, sample)
	cut := false
	h.before = func(w http.ResponseWriter, r *http.Request, store bool) bool {
		if store && !cut {
			cut = true
			cutAfter(w, strings.Repeat("X", len(sample["model.safetensors"])), `"before"`, 100000)
		}
		return false
	}
	got, err := c.Pull(t.Context(), model(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, got.Dir, sample, wanted...)
	if log := h.seen(); !slices.Contains(log, `GET /xet/model.safetensors bytes=100000- if "before"`) {
		t.Errorf("requests: %q", log)
	}
}

func TestPullTriesAgain(t *testing.T) {
	for _, status := range []int{429, 500, 502, 503, 504, 408} {
		h, c := newHub(t, sample)
		left := map[string]int{}
		var pauses []time.Duration
		c.sleep = func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil }
		h.before = func(w http.ResponseWriter, r *http.Request, _ bool) bool {
			if left[r.URL.Path]++; left[r.URL.Path] > 2 || strings.HasSuffix(r.URL.Path, "tokenizer.json") {
				return false
			}
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			return true
		}
		got, err := c.Pull(t.Context(), model(t), Options{Include: []string{"config.json", "tokenizer.json"}})
		if err != nil {
			t.Fatal(err)
		}
		holds(t, got.Dir, sample, "config.json", "tokenizer.json")
		if want := []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second, 7 * time.Second}; !slices.Equal(pauses, want) {
			t.Errorf("%d: pauses %v", status, pauses)
		}
	}
}

func TestBackoffGrows(t *testing.T) {
	h, c := newHub(t, sample)
	var pauses []time.Duration
	c.sleep = func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil }
	h.before = func(w http.ResponseWriter, _ *http.Request, _ bool) bool { w.WriteHeader(503); return true }
	if _, err := c.Pull(t.Context(), model(t), Options{}); err == nil || !strings.Contains(err.Error(), "answers 503, it has trouble (tried 5 times)") {
		t.Fatal(err)
	}
	if want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}; !slices.Equal(pauses, want) {
		t.Errorf("%v", pauses)
	}
}

func TestPullSaysWhatIsWrong(t *testing.T) {
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request, bool) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ bool) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	body := func(text string) func(http.ResponseWriter, *http.Request, bool) bool {
		return func(w http.ResponseWriter, r *http.Request, _ bool) bool { _, _ = w.Write([]byte(text)); return true }
	}
	onStore := func(act func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request, bool) bool {
		return func(w http.ResponseWriter, r *http.Request, store bool) bool {
			if store {
				act(w, r)
			}
			return store
		}
	}
	for _, c := range []struct {
		name    string
		token   string
		rev     string
		before  func(http.ResponseWriter, *http.Request, bool) bool
		include string
		want    string
	}{
		{"no token", "", "main", status(401), "", "set HF_TOKEN to a token that may read it"},
		{"a wrong token", "hf_wrong", "main", status(401), "", "the token in HF_TOKEN is not accepted"},
		{"gated", token, "main", status(403, "X-Error-Code", "GatedRepo", "X-Error-Message", "Ask the\nauthors"), "", "is gated (Ask the authors): accept its conditions at"},
		{"forbidden", token, "main", status(403), "", "may not read it"},
		{"no such repository", "", "main", status(404, "X-Error-Code", "RepoNotFound"), "", "there is no such repository"},
		{"no such revision", "", "v9", nil, "", `no revision "v9"`},
		{"asked to wait for hours", "", "main", status(429, "Retry-After", "7200"), "", "asks to wait for 2h0m0s"},
		{"not a hub", "", "main", body("<html>"), "", "not what a hub sends"},
		{"leads out", "", "main", body(`{"sha":"abc","siblings":[{"rfilename":"../../.ssh/config.json"}]}`), "", "outside the folder"},
		{"leads out by root", "", "main", body(`{"sha":"abc","siblings":[{"rfilename":"/etc/config.json"}]}`), "", "outside the folder"},
		{"leads out by backslash", "", "main", body(`{"sha":"abc","siblings":[{"rfilename":"..\\config.json"}]}`), "", "outside the folder"},
		{"commit leads out", "", "main", body(`{"sha":"../x","siblings":[]}`), "", "a commit is expected"},
		{"file and folder", "", "main", body(`{"sha":"abc","siblings":[{"rfilename":"a"},{"rfilename":"a/b"}]}`), "", "as a file and as a folder"},
		{"nothing to read", "", "main", body(`{"sha":"abc","siblings":[{"rfilename":"model.bin"}]}`), "", "holds no file that winnow reads"},
		{"which quantisation", "", "main", body(`{"sha":"abc","siblings":[{"rfilename":"q4.gguf","size":1000000},{"rfilename":"q8.gguf"}]}`), "", "q4.gguf (1 MB), q8.gguf"},
		{"pattern", "", "main", nil, "*.pt", `--include "*.pt" matches no file`},
		{"circle", "", "main", func(w http.ResponseWriter, r *http.Request, _ bool) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}, "", "in a circle"},
		{"redirect to nowhere", "", "main", status(302), "", "which is no address"},
		{"redirect off the web", "", "main", status(302, "Location", "file:///etc/passwd"), "", "is refused"},
		{"damaged", "", "main", onStore(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(strings.ToUpper(sample["model.safetensors"])))
		}), "", "its checksum is " + sum256(strings.ToUpper(sample["model.safetensors"]))},
		{"too short", "", "main", onStore(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("short")) }), "", "promises 400000 bytes and sends 5"},
		{"too long", "", "main", onStore(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush() // chunked: no length
			_, _ = w.Write([]byte(sample["model.safetensors"] + "more"))
		}), "", "more than the 400000 bytes"},
		{"cut off each time", "", "main", onStore(func(w http.ResponseWriter, r *http.Request) { cutAfter(w, sample["model.safetensors"], `"e"`, 1000) }), "", "tried 5 times"},
		{"another range", "", "main", onStore(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				cutAfter(w, sample["model.safetensors"], `"e"`, 1000)
			}
			w.Header().Set("Content-Range", "bytes 0-9/400000")
			w.WriteHeader(http.StatusPartialContent)
		}), "", "asked for bytes from 1000 on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, client := newHub(t, sample)
			h.before, client.Token = c.before, c.token
			if c.name == "another range" { // asked for after the first answer was cut off
				client.Attempts = 2
			}
			r := model(t)
			r.Revision = c.rev
			var include []string
			if c.include != "" {
				include = []string{c.include}
			}
			_, err := client.Pull(t.Context(), r, Options{Include: include})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "signature") {
				t.Errorf("a secret is shown: %v", err)
			}
			if _, _, ok := client.Cached(r); ok {
				t.Error("it counts as pulled")
			}
		})
	}
}

// A download that is interrupted leaves its part, and the next goes on from there.
func TestPullInterrupted(t *testing.T) {
	h, c := newHub(t, sample)
	ctx, cancel := context.WithCancel(t.Context())
	text := sample["model.safetensors"]
	h.before = func(w http.ResponseWriter, r *http.Request, store bool) bool {
		if !store || r.Header.Get("Range") != "" {
			return false
		}
		w.Header().Set("Etag", `"store-`+sum256(text)[:8]+`"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write([]byte(text[:200000]))
		_ = http.NewResponseController(w).Flush()
		for { // until the client has it
			parts, _ := filepath.Glob(filepath.Join(c.Cache, "*", "blobs", "*.incomplete"))
			if len(parts) == 1 {
				if info, err := os.Stat(parts[0]); err == nil && info.Size() == 200000 {
					break
				}
			}
			time.Sleep(time.Millisecond)
		}
		cancel()
		<-r.Context().Done()
		return true
	}
	if _, err := c.Pull(ctx, model(t), Options{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	got, err := c.Pull(t.Context(), model(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, got.Dir, sample, wanted...)
	if log := h.seen(); !slices.ContainsFunc(log, func(s string) bool { return strings.HasPrefix(s, "GET /xet/model.safetensors bytes=200000-") }) {
		t.Errorf("requests: %q", log)
	}
}

func TestPullGivesUpOnSilence(t *testing.T) {
	h, c := newHub(t, sample)
	c.Stall, c.Attempts = 50*time.Millisecond, 2
	h.before = func(w http.ResponseWriter, r *http.Request, store bool) bool {
		if store {
			w.Header().Set("Content-Length", "400000")
			_, _ = w.Write([]byte("weights "))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
		return store
	}
	if _, err := c.Pull(t.Context(), model(t), Options{}); err == nil || !strings.Contains(err.Error(), "no byte came") {
		t.Fatal(err)
	}
}

// A folder of the user may hold links; files are not written through one that leads elsewhere.
func TestPullStaysInTheFolder(t *testing.T) {
	_, c := newHub(t, sample)
	elsewhere, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(dir, "onnx")); err != nil {
		t.Skip(err)
	}
	if _, err := c.Pull(t.Context(), model(t), Options{To: dir, Include: []string{"onnx/*"}}); err == nil {
		t.Error("it was written through a link")
	}
	if left, _ := os.ReadDir(elsewhere); len(left) > 0 {
		t.Errorf("written elsewhere: %v", left)
	}
}

func TestPullThroughAProxy(t *testing.T) {
	h, _ := newHub(t, sample)
	asked := ""
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Host
		h.hub(w, r)
	}))
	t.Cleanup(proxy.Close)
	t.Setenv("HF_ENDPOINT", "http://hub.example")
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "")
	c, err := FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pull(t.Context(), model(t), Options{Include: []string{"config.json"}}); err != nil || asked != "hub.example" {
		t.Fatal(asked, err)
	}
}

func TestParseRepo(t *testing.T) {
	for s, want := range map[string]Repo{"o/m": {Model, "o/m", "main"}, "gpt2": {Model, "gpt2", "main"}, "o/m@refs/pr/3": {Model, "o/m", "refs/pr/3"}, "A1/b.c_d-e@v1.0": {Model, "A1/b.c_d-e", "v1.0"}} {
		if got, err := ParseRepo(s, Model); err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "o/", "/m", "a/b/c", "../m", "o/..", "o/m@", "o/m@../x", "o/m@a//b", "https://huggingface.co/o/m", "o m", "o/m@x y", "a--b/c"} {
		if got, err := ParseRepo(s, Model); err == nil {
			t.Errorf("%q became %+v", s, got)
		}
	}
	for s, want := range map[string]bool{"o/m": true, "o/m@v1": true, "base": false, "./o/m": false, "/o/m": false, "o/m/n": false} {
		if LooksLikeName(s) != want {
			t.Errorf("LooksLikeName(%q) is %v", s, !want)
		}
	}
}

func TestEnvironmentIsChecked(t *testing.T) {
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	for _, s := range []string{"huggingface.co", "ftp://x", "https://u:p@x", "http://"} {
		t.Setenv("HF_ENDPOINT", s)
		if _, err := FromEnvironment(); err == nil {
			t.Errorf("HF_ENDPOINT %q was accepted", s)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-3": 0, "Tue, 24 Nov 2026 12:00:30 GMT": 30 * time.Second, "Tue, 24 Nov 2026 11:00:00 GMT": 0, "soon": 0} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"sha":"abc","siblings":[{"rfilename":"a/b.json","size":3,"blobId":"` + commitA + `"},{"rfilename":"m.gguf","lfs":{"sha256":"x","size":9}}]}`))
	f.Add([]byte(`{"sha":"abc","siblings":[{"rfilename":"../x"},{"rfilename":"a//b"},{"rfilename":"c:\\x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := parseListing(data)
		if err != nil {
			return
		}
		for _, file := range l.Files {
			if !filepath.IsLocal(file.Path) || strings.Contains(file.Path, `\`) || file.Size < -1 {
				t.Fatalf("%+v", file)
			}
		}
		_, _ = choose(Repo{Kind: Model, Name: "o/m", Revision: "main"}, l.Files, nil)
		_, _ = choose(Repo{Kind: Dataset, Name: "o/m", Revision: "main"}, l.Files, []string{"*[.json"})
	})
}
