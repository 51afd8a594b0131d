package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	commitA = "1111111111111111111111111111111111111111"
	token   = "hf_secret"
)

// fakeHub plays a hub and the host where its large files lie.
type fakeHub struct {
	*httptest.Server // the hub
	store            *httptest.Server
	mu               sync.Mutex
	files            map[string]string // content by path; names that end in .safetensors, .gguf or .parquet are large
	bare             bool              // the list holds names alone
	log              []string          // METHOD path, and the range where one was asked for
	leaked           bool              // the store saw a token
	private          bool              // without the token: 401
	before           func(w http.ResponseWriter, r *http.Request, store bool) bool
}

func newHub(t *testing.T, files map[string]string) (*fakeHub, *Client) {
	t.Helper()
	h := &fakeHub{files: files}
	h.Server = httptest.NewServer(http.HandlerFunc(h.hub))
	h.store = httptest.NewServer(http.HandlerFunc(h.large))
	t.Cleanup(h.Close)
	t.Cleanup(h.store.Close)
	t.Setenv("HF_ENDPOINT", h.URL)
	t.Setenv("HF_TOKEN", "")
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	t.Setenv("HF_HUB_OFFLINE", "")
	c, err := FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	c.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return h, c
}

func isLarge(name string) bool {
	return slices.Contains([]string{".safetensors", ".gguf", ".parquet"}, filepath.Ext(name))
}

func sum256(s string) string {
	b := sha256.Sum256([]byte(s))
	return hex.EncodeToString(b[:])
}

func sumGit(s string) string {
	b := sha1.Sum([]byte("blob " + strconv.Itoa(len(s)) + "\x00" + s))
	return hex.EncodeToString(b[:])
}

func (h *fakeHub) note(r *http.Request) {
	line := r.Method + " " + r.URL.EscapedPath()
	if v := r.Header.Get("Range"); v != "" {
		line += " " + v + " if " + r.Header.Get("If-Range")
	}
	h.mu.Lock()
	h.log = append(h.log, line)
	h.mu.Unlock()
}

// seen returns the requests since the last call.
func (h *fakeHub) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.log
	h.log = nil
	return out
}

func (h *fakeHub) hub(w http.ResponseWriter, r *http.Request) {
	h.note(r)
	if h.before != nil && h.before(w, r, false) {
		return
	}
	if h.private && r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	path := r.URL.EscapedPath()
	if strings.HasPrefix(path, "/api/") {
		h.list(w, path)
		return
	}
	_, name, ok := strings.Cut(r.URL.Path, "/resolve/"+commitA+"/")
	text, there := h.files[name]
	if !ok || !there {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("X-Repo-Commit", commitA)
	if isLarge(name) {
		w.Header().Set("X-Linked-Etag", `"`+sum256(text)+`"`)
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(text)))
		http.Redirect(w, r, h.store.URL+"/xet/"+name+"?signature=abc", http.StatusFound)
		return
	}
	w.Header().Set("Etag", `"`+sumGit(text)+`"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
}

func (h *fakeHub) list(w http.ResponseWriter, path string) {
	if !strings.HasSuffix(path, "/revision/main") && !strings.HasSuffix(path, "/revision/refs%2Fpr%2F1") {
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	var parts []string
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range h.files {
			if !yield(n) {
				return
			}
		}
	}) {
		text := h.files[name]
		switch {
		case h.bare:
			parts = append(parts, fmt.Sprintf(`{"rfilename":%q}`, name))
		case isLarge(name):
			parts = append(parts, fmt.Sprintf(`{"rfilename":%q,"size":%d,"blobId":"0000","lfs":{"sha256":%q,"size":%d,"pointerSize":134}}`, name, len(text), sum256(text), len(text)))
		default:
			parts = append(parts, fmt.Sprintf(`{"rfilename":%q,"size":%d,"blobId":%q}`, name, len(text), sumGit(text)))
		}
	}
	_, _ = fmt.Fprintf(w, `{"id":"o/m","sha":%q,"private":false,"siblings":[%s]}`, commitA, strings.Join(parts, ","))
}

func (h *fakeHub) large(w http.ResponseWriter, r *http.Request) {
	h.note(r)
	if r.Header.Get("Authorization") != "" {
		h.mu.Lock()
		h.leaked = true
		h.mu.Unlock()
	}
	if h.before != nil && h.before(w, r, true) {
		return
	}
	text := h.files[strings.TrimPrefix(r.URL.Path, "/xet/")]
	w.Header().Set("Etag", `"store-`+sum256(text)[:8]+`"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
}

// cutAfter sends a file's first n bytes with the length of the whole, then breaks the connection.
func cutAfter(w http.ResponseWriter, text, etag string, n int) {
	w.Header().Set("Etag", etag)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(text[:n]))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func model(t *testing.T) Repo {
	t.Helper()
	r, err := ParseRepo("o/m", Model)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var sample = map[string]string{
	"config.json": `{"model_type":"llama"}`, "tokenizer.json": "{}", "README.md": "hello", "model.safetensors": strings.Repeat("weights ", 50000), "onnx/model.safetensors": "x",
	"pytorch_model.bin": "pickle", "model.gguf": "gguf", "chat_template.jinja": "{{ messages }}", "consolidated.safetensors": "again", "generation_config.json": "",
}

// holds compares the files of a folder with the hub's.
func holds(t *testing.T, dir string, want map[string]string, names ...string) {
	t.Helper()
	for _, n := range names {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(n)))
		if err != nil || string(got) != want[n] {
			t.Errorf("%s: %d bytes of %d, %v", n, len(got), len(want[n]), err)
		}
	}
	files, _ := contents(dir)
	if files != len(names) {
		t.Errorf("%s holds %d files, want %d", dir, files, len(names))
	}
}
