-- An uncaught error object without text is shown by its type.
error({ code = 3 })
