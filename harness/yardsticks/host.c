/*
 * The stand-alone interpreter of a yardstick: `HOST [-v] [-joff] SCRIPT [ARGS...]`.
 *
 * One source for PUC Lua 5.4 and for LuaJIT (define JITLAB_LUAJIT), so that both are started, timed and stopped by
 * the same code. It runs a script as the stand-alone `lua` does (`arg`, message with traceback, exit status 1), with
 * two differences: scripts get the globals `jitlab_clock_ns` and `jitlab_clock_origin_ns`, and the environment
 * variables of Lua (LUA_INIT, LUA_PATH, ...) have no influence. It knows nothing of workloads: read workloads/driver.lua next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

#ifdef JITLAB_LUAJIT
#include "luajit.h"
#define HOST_RELEASE LUAJIT_VERSION
#else
#define HOST_RELEASE LUA_RELEASE
#endif

/* Pushed by main, read by run: what the command line asked for. */
struct request {
    int jit_off;
    int script; /* index of the script in argv */
    int argc;
    char **argv;
};

static struct timespec clock_origin;

/* Nanoseconds since the process started, on the clock that no one sets. Counting from the start keeps a double exact:
   2^53 ns are 104 days. */
static int clock_ns(lua_State *L) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long elapsed_ns =
        (long long)(now.tv_sec - clock_origin.tv_sec) * 1000000000LL + (now.tv_nsec - clock_origin.tv_nsec);
#ifdef JITLAB_LUAJIT
    lua_pushnumber(L, (lua_Number)elapsed_ns);
#else
    lua_pushinteger(L, (lua_Integer)elapsed_ns);
#endif
    return 1;
}

/* Message handler: turns the error value into text and appends where it was raised. */
static int describe_error(lua_State *L) {
    const char *text = lua_tostring(L, 1);
    if (text == NULL) {
        if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) {
            return 1; /* the value speaks for itself, as in `lua` */
        }
        text = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    }
    luaL_traceback(L, L, text, 1);
    return 1;
}

/* The global `arg`: the script at 0, its arguments from 1, what stood before it below 0. */
static void set_arguments(lua_State *L, const struct request *request) {
    lua_createtable(L, request->argc - request->script - 1, request->script + 1);
    for (int i = 0; i < request->argc; i++) {
        lua_pushstring(L, request->argv[i]);
        lua_rawseti(L, -2, i - request->script);
    }
    lua_setglobal(L, "arg");
}

/* Runs in protected mode, so that an error in setting up (out of memory) is reported like any other. */
static int run(lua_State *L) {
    const struct request *request = lua_touserdata(L, 1);
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV"); /* the libraries ignore environment variables */
    luaL_openlibs(L);
    set_arguments(L, request);
    lua_pushcfunction(L, clock_ns);
    lua_setglobal(L, "jitlab_clock_ns");
    /* The same clock's reading at the start: with it a script can name a moment to other processes. */
    lua_pushnumber(L, (lua_Number)clock_origin.tv_sec * 1e9 + (lua_Number)clock_origin.tv_nsec);
    lua_setglobal(L, "jitlab_clock_origin_ns");
#ifdef JITLAB_LUAJIT
    if (request->jit_off) {
        luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF); /* what `luajit -joff` does */
    }
#else
    lua_gc(L, LUA_GCGEN, 0, 0); /* the stand-alone `lua` of 5.4 collects in generational mode; the library does not */
#endif
    if (luaL_loadfile(L, request->argv[request->script]) != 0) {
        lua_pushboolean(L, 0); /* a message follows, not a traceback: nothing ran yet */
        lua_insert(L, -2);
        return 2;
    }
    lua_pushcfunction(L, describe_error);
    lua_insert(L, -2);
    int handler = lua_gettop(L) - 1;
    int arguments = request->argc - request->script - 1;
    luaL_checkstack(L, arguments, "too many arguments to script");
    for (int i = 1; i <= arguments; i++) {
        lua_pushstring(L, request->argv[request->script + i]);
    }
    int status = lua_pcall(L, arguments, 0, handler);
    lua_pushboolean(L, status == 0);
    if (status == 0) {
        return 1;
    }
    lua_insert(L, -2);
    return 2;
}

static int report(const char *message) {
    fprintf(stderr, "lua: %s\n", message == NULL ? "(error object is not a string)" : message);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    clock_gettime(CLOCK_MONOTONIC, &clock_origin);
    struct request request = {0, 1, argc, argv};
    for (; request.script < argc && argv[request.script][0] == '-'; request.script++) {
        if (strcmp(argv[request.script], "-v") == 0) {
            puts(HOST_RELEASE);
            return EXIT_SUCCESS;
        }
#ifdef JITLAB_LUAJIT
        if (strcmp(argv[request.script], "-joff") == 0) {
            request.jit_off = 1;
            continue;
        }
#endif
        fprintf(stderr, "lua: unknown option '%s'\n", argv[request.script]);
        return EXIT_FAILURE;
    }
    if (request.script >= argc) {
        return report("no script given");
    }
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        return report("cannot create a state: not enough memory");
    }
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &request);
    int exit_status = EXIT_SUCCESS;
    if (lua_pcall(L, 1, LUA_MULTRET, 0) != 0 || !lua_toboolean(L, 1)) {
        exit_status = report(lua_tostring(L, -1));
    }
    lua_close(L);
    return exit_status;
}
