// The part of Microsoft.Extensions.Logging that functions use.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Microsoft.Extensions.Logging
{
    public enum LogLevel { Trace, Debug, Information, Warning, Error, Critical, None }

    public struct EventId
    {
        public EventId(int id, string name = null)
        {
            Id = id;
            Name = name;
        }

        public int Id { get; }
        public string Name { get; }

        public static implicit operator EventId(int id) => new EventId(id);

        public override string ToString() => Name ?? Id.ToString(CultureInfo.InvariantCulture);
    }

    public interface ILogger
    {
        void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception exception, Func<TState, Exception, string> formatter);
        bool IsEnabled(LogLevel logLevel);
        IDisposable BeginScope<TState>(TState state);
    }

    public interface ILogger<out TCategoryName> : ILogger { }

    public static class LoggerExtensions
    {
        public static void LogTrace(this ILogger logger, string message, params object[] args) => logger.Log(LogLevel.Trace, 0, null, message, args);
        public static void LogTrace(this ILogger logger, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Trace, 0, exception, message, args);
        public static void LogTrace(this ILogger logger, EventId eventId, string message, params object[] args) => logger.Log(LogLevel.Trace, eventId, null, message, args);
        public static void LogTrace(this ILogger logger, EventId eventId, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Trace, eventId, exception, message, args);

        public static void LogDebug(this ILogger logger, string message, params object[] args) => logger.Log(LogLevel.Debug, 0, null, message, args);
        public static void LogDebug(this ILogger logger, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Debug, 0, exception, message, args);
        public static void LogDebug(this ILogger logger, EventId eventId, string message, params object[] args) => logger.Log(LogLevel.Debug, eventId, null, message, args);
        public static void LogDebug(this ILogger logger, EventId eventId, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Debug, eventId, exception, message, args);

        public static void LogInformation(this ILogger logger, string message, params object[] args) => logger.Log(LogLevel.Information, 0, null, message, args);
        public static void LogInformation(this ILogger logger, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Information, 0, exception, message, args);
        public static void LogInformation(this ILogger logger, EventId eventId, string message, params object[] args) => logger.Log(LogLevel.Information, eventId, null, message, args);
        public static void LogInformation(this ILogger logger, EventId eventId, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Information, eventId, exception, message, args);

        public static void LogWarning(this ILogger logger, string message, params object[] args) => logger.Log(LogLevel.Warning, 0, null, message, args);
        public static void LogWarning(this ILogger logger, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Warning, 0, exception, message, args);
        public static void LogWarning(this ILogger logger, EventId eventId, string message, params object[] args) => logger.Log(LogLevel.Warning, eventId, null, message, args);
        public static void LogWarning(this ILogger logger, EventId eventId, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Warning, eventId, exception, message, args);

        public static void LogError(this ILogger logger, string message, params object[] args) => logger.Log(LogLevel.Error, 0, null, message, args);
        public static void LogError(this ILogger logger, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Error, 0, exception, message, args);
        public static void LogError(this ILogger logger, EventId eventId, string message, params object[] args) => logger.Log(LogLevel.Error, eventId, null, message, args);
        public static void LogError(this ILogger logger, EventId eventId, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Error, eventId, exception, message, args);

        public static void LogCritical(this ILogger logger, string message, params object[] args) => logger.Log(LogLevel.Critical, 0, null, message, args);
        public static void LogCritical(this ILogger logger, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Critical, 0, exception, message, args);
        public static void LogCritical(this ILogger logger, EventId eventId, string message, params object[] args) => logger.Log(LogLevel.Critical, eventId, null, message, args);
        public static void LogCritical(this ILogger logger, EventId eventId, Exception exception, string message, params object[] args) => logger.Log(LogLevel.Critical, eventId, exception, message, args);

        public static void Log(this ILogger logger, LogLevel logLevel, string message, params object[] args) => logger.Log(logLevel, 0, null, message, args);
        public static void Log(this ILogger logger, LogLevel logLevel, Exception exception, string message, params object[] args) => logger.Log(logLevel, 0, exception, message, args);

        public static void Log(this ILogger logger, LogLevel logLevel, EventId eventId, Exception exception, string message, params object[] args)
        {
            if (logger == null)
                throw new ArgumentNullException(nameof(logger));
            logger.Log(logLevel, eventId, new Message(message, args), exception, (state, _) => state.ToString());
        }

        public static IDisposable BeginScope(this ILogger logger, string messageFormat, params object[] args) =>
            logger.BeginScope(new Message(messageFormat, args));
    }

    /// <summary>A template such as "{user} has {count:N0}" and its arguments, which fill the places in their order.</summary>
    internal sealed class Message
    {
        private readonly string template;
        private readonly object[] arguments;

        public Message(string template, object[] arguments)
        {
            this.template = template;
            this.arguments = arguments;
        }

        public override string ToString()
        {
            if (template == null)
                return "[null]";
            return arguments == null || arguments.Length == 0 ? template : Filled();
        }

        private string Filled()
        {
            var text = new StringBuilder();
            int position = 0, used = 0;
            while (position < template.Length)
            {
                char character = template[position];
                bool doubled = position + 1 < template.Length && template[position + 1] == character;
                if (character == '{' && !doubled)
                {
                    int end = template.IndexOf('}', position);
                    if (end < 0 || used == arguments.Length)
                        return text.Append(template, position, template.Length - position).ToString();
                    text.Append(Shown(arguments[used++], template.Substring(position + 1, end - position - 1)));
                    position = end + 1;
                    continue;
                }
                text.Append(character);
                position += (character == '{' || character == '}') && doubled ? 2 : 1;
            }
            return text.ToString();
        }

        /// <summary>The argument as the place "name,alignment:format" wants it.</summary>
        private static string Shown(object argument, string place)
        {
            int layout = place.IndexOfAny(new[] { ',', ':' });
            if (argument is IEnumerable several && !(argument is string))
            {
                var shown = new List<string>();
                foreach (object one in several)
                    shown.Add(one == null ? "(null)" : Convert.ToString(one, CultureInfo.InvariantCulture));
                argument = string.Join(", ", shown);
            }
            string format = layout < 0 ? "{0}" : "{0" + place.Substring(layout) + "}";
            try
            {
                return string.Format(CultureInfo.InvariantCulture, format, argument ?? "(null)");
            }
            catch (FormatException)
            {
                return "{" + place + "}";
            }
        }
    }
}
