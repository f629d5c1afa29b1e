// What a call knows of itself. What the function prints goes to the engine's pipe as it is.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Aliyun.Serverless.Core;
using Microsoft.Extensions.Logging;

namespace Serin
{
    /// <summary>What START tells: the settings, and the function's environment, which becomes this process's.</summary>
    internal sealed class Settings
    {
        private readonly Dictionary<string, string> values = new Dictionary<string, string>();

        public string this[string name] => values[name];

        public int MemoryMb => Number("memory_mb");
        public int PayloadBytes => Number("payload_bytes");

        public int Number(string name) => int.Parse(values[name], CultureInfo.InvariantCulture);

        public static Settings Adopt(byte[] data, int offset)
        {
            var settings = new Settings();
            List<string> texts = Texts.Split(Encoding.UTF8.GetString(data, offset, data.Length - offset) + "\0");
            int at = 0;
            for (; texts[at] != ""; at += 2)
                settings.values[texts[at]] = texts[at + 1];
            Native.Become(settings["code"], texts, at + 2);
            return settings;
        }
    }

    internal static class Texts
    {
        /// <summary>The texts of which each is ended by NUL. String.Split costs a millisecond when it is first used.</summary>
        public static List<string> Split(string joined)
        {
            var texts = new List<string>();
            for (int start = 0, end; (end = joined.IndexOf('\0', start)) >= 0; start = end + 1)
                texts.Add(joined.Substring(start, end - start));
            return texts;
        }
    }

    internal sealed class Context : IFcContext, IFunctionParameter, IServiceMeta, ICredentials
    {
        private readonly Settings settings;
        private Logger logger;

        public Context(Settings settings, string requestId, string qualifier)
        {
            this.settings = settings;
            RequestId = requestId;
            Qualifier = qualifier;
        }

        public string RequestId { get; }
        public string AccountId => settings["account_id"];
        public string Region => settings["region"];
        public IFunctionParameter FunctionParam => this;
        public IServiceMeta ServiceMeta => this;
        public ICredentials Credentials => this;
        public IFcLogger Logger => logger ?? (logger = new Logger(RequestId));

        public string FunctionName => settings["function"];
        public string FunctionHandler => settings["handler"];
        public string FunctionInitializer => settings["initializer"];
        public int MemoryLimitInMB => settings.MemoryMb;
        public TimeSpan FunctionTimeout => TimeSpan.FromSeconds(settings.Number("timeout_s"));
        public TimeSpan InitializationTimeout => TimeSpan.FromSeconds(settings.Number("initialization_timeout_s"));

        public string Name => settings["service"];
        public string LogProject => settings["log_project"];
        public string LogStore => settings["log_store"];
        public string Qualifier { get; }
        public string VersionId => settings["version_id"];

        public string AccessKeyId => "";
        public string AccessKeySecret => "";
        public string SecurityToken => "";
    }

    /// <summary>Lines in Function Compute's form: time, request, level, message.</summary>
    internal sealed class Logger : IFcLogger, IDisposable
    {
        private static readonly string[] Names = { "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL" };
        private readonly string requestId;

        public Logger(string requestId)
        {
            this.requestId = requestId;
        }

        public LogLevel EnabledLogLevel { get; set; } = LogLevel.Information;

        public bool IsEnabled(LogLevel level) => level >= EnabledLogLevel && level < LogLevel.None;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception error, Func<TState, Exception, string> formatter)
        {
            if (!IsEnabled(level))
                return;
            string time = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture);
            string text = formatter(state, error);
            string cause = error == null ? "" : "\n" + error;
            byte[] line = Encoding.UTF8.GetBytes(time + "Z " + requestId + " [" + Names[(int)level] + "] " + text + cause + "\n");
            Native.WriteAll(1, line, 0, line.Length);
        }

        public IDisposable BeginScope<TState>(TState state) => this;

        public void Dispose() { }
    }
}
