// What these tests have to find out: by g++ an inline variable is a UNIQUE symbol, and the library stays for
// good.
inline int g_pinned = 1;
extern "C" int* plugin_exports() { return &g_pinned; }
