package dedup

import (
	"net/url"
	"slices"
	"strings"
)

// canonicalURL returns what addresses of one page have in common: no scheme, "www.", default port, fragment, closing slash, or parameters that only say where
// a visitor came from; the other parameters sorted. An address that cannot be parsed stays as it is.
func canonicalURL(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	withScheme := s
	if !strings.Contains(s, "://") {
		withScheme = "http://" + s
	}
	u, err := url.Parse(withScheme)
	if err != nil || u.Host == "" {
		return s
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		host += ":" + p
	}
	var query []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if part == "" || strings.HasPrefix(name, "utm_") || trackers[name] {
			continue
		}
		query = append(query, part)
	}
	slices.Sort(query)
	out := host + strings.TrimRight(u.EscapedPath(), "/")
	if len(query) > 0 {
		out += "?" + strings.Join(query, "&")
	}
	return out
}

// trackers are parameters that advertisers and social sites add to addresses.
var trackers = map[string]bool{"fbclid": true, "gclid": true, "msclkid": true, "mc_cid": true, "mc_eid": true, "igshid": true, "spm": true, "yclid": true}
